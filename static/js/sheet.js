// An open sheet of filters closes with Escape, and the focus goes back to its button.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const open = document.querySelector("details.sheet[open]");
  if (!open || !open.contains(document.activeElement)) return;
  open.open = false;
  open.querySelector("summary").focus();
});
