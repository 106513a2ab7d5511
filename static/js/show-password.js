// A button beside each password field that shows what was typed. The words come from the form.
document.querySelectorAll("form[data-show]").forEach((form) => {
  form.querySelectorAll('input[type="password"]').forEach((input) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button button--quiet";
    button.setAttribute("aria-controls", input.id);
    const show = (visible) => {
      input.type = visible ? "text" : "password";
      button.textContent = visible ? form.dataset.hide : form.dataset.show;
      button.setAttribute("aria-pressed", String(visible));
    };
    button.addEventListener("click", () => show(input.type === "password"));
    form.addEventListener("submit", () => show(false));
    show(false);
    input.after(button);
  });
});
