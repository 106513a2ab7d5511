// Says how many characters are left, once it matters.
const SHOW_FROM = 0.75; // of the limit
const SPEAK_AFTER_MS = 1000; // a screen reader is told when the typing rests
for (const area of document.querySelectorAll("[data-character-count]")) {
  const message = area.parentElement.querySelector("[data-count-message]");
  if (!message || area.maxLength < 1) continue;
  const spoken = document.createElement("span");
  spoken.className = "visually-hidden";
  spoken.setAttribute("role", "status");
  message.after(spoken);
  let timer = 0;
  const update = () => {
    const left = area.maxLength - area.value.length;
    const near = area.value.length >= area.maxLength * SHOW_FROM;
    message.hidden = !near;
    message.textContent = message.dataset.countMessage.replace("%(num)s", left);
    clearTimeout(timer);
    timer = setTimeout(() => (spoken.textContent = near ? message.textContent : ""), SPEAK_AFTER_MS);
  };
  area.addEventListener("input", update);
  update();
}
