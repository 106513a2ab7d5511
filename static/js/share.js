// The device's own share sheet, where there is one. The button stays hidden elsewhere.
for (const button of document.querySelectorAll("[data-share]")) {
  if (!navigator.share) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const { shareTitle: title, shareText: text, shareUrl: url } = button.dataset;
    try {
      await navigator.share({ title, text, url: url || location.href });
    } catch (error) {
      if (error.name !== "AbortError") throw error;
    }
  });
}
