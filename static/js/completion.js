// What may be meant, under the search field: the browser's own list, filled while one types.
for (const input of document.querySelectorAll("[data-completions]")) {
  const list = document.createElement("datalist");
  const known = new Map();
  let timer = 0;
  let asked = "";
  list.id = input.id + "-completions";
  input.after(list);
  input.setAttribute("list", list.id);
  input.autocomplete = "off";

  const complete = async (text) => {
    try {
      if (!known.has(text)) {
        const answer = await fetch(input.dataset.completions + "?q=" + encodeURIComponent(text));
        if (!answer.ok) return;
        known.set(text, (await answer.json()).items);
      }
    } catch {
      return;
    }
    if (asked !== text) return;
    list.replaceChildren(...known.get(text).map((item) => {
      const option = document.createElement("option");
      option.value = item;
      return option;
    }));
  };

  input.addEventListener("input", () => {
    clearTimeout(timer);
    asked = input.value.trim().toLowerCase();
    if (asked.length > 1) timer = setTimeout(complete, 180, asked);
  });
}
