// Suggestions under the place field (a combobox), the browser's position, and the map of cells.
// Without it the field is plain text that the server understands. A position is sent once, in the
// body of a POST, and only the cell that comes back stays in the form.
for (const picker of document.querySelectorAll(".place-picker")) {
  const { dataset } = picker;
  const form = picker.closest("form");
  const input = picker.querySelector("#place");
  const list = picker.querySelector("#place-suggestions");
  const status = picker.querySelector(".place-status");
  const map = picker.querySelector("#place-map");
  const opener = picker.querySelector("[data-open-map]");
  const cell = picker.querySelector("[name=place_cell]");
  const hidden = () => picker.querySelector("input[type=hidden][name=place_area]");
  const known = new Map();
  let active = -1;
  let timer = 0;
  let asked = "";

  const say = (text) => { status.textContent = text; };

  const pick = (label, area, picked) => {
    picker.querySelector(".place-choices")?.remove();
    if (!hidden()) {
      const field = document.createElement("input");
      field.type = "hidden";
      field.name = "place_area";
      cell.after(field);
    }
    hidden().value = area;
    cell.value = picked;
    if (label) input.value = label;
    say(label || picked ? dataset.picked.replace("{place}", label || dataset.nameless) : "");
    input.dispatchEvent(new Event("change", { bubbles: true }));
  };

  const close = () => {
    list.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };

  const highlight = (index) => {
    const options = list.children;
    if (!options.length) return;
    active = (index + options.length) % options.length;
    [...options].forEach((option, i) => option.setAttribute("aria-selected", String(i === active)));
    options[active].scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", options[active].id);
  };

  const choose = (option) => {
    pick(option.textContent, option.dataset.code, "");
    close();
  };

  const show = (items) => {
    list.replaceChildren(...items.map((item, i) => {
      const option = document.createElement("li");
      option.id = "place-option-" + i;
      option.role = "option";
      option.dataset.code = item.code;
      option.textContent = item.label;
      option.setAttribute("aria-selected", "false");
      return option;
    }));
    active = -1;
    input.removeAttribute("aria-activedescendant");
    list.hidden = !items.length;
    input.setAttribute("aria-expanded", String(items.length > 0));
    say(items.length ? dataset.many.replace("{n}", items.length) : dataset.none);
  };

  const suggest = async (text) => {
    asked = text;
    try {
      if (!known.has(text)) {
        const answer = await fetch(dataset.suggestions + "?q=" + encodeURIComponent(text));
        if (!answer.ok) return;
        known.set(text, (await answer.json()).items);
      }
    } catch {
      return;
    }
    if (asked === text && document.activeElement === input) show(known.get(text));
  };

  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-controls", list.id);
  input.setAttribute("aria-expanded", "false");

  input.addEventListener("input", () => {
    cell.value = "";
    if (hidden()) hidden().value = "";
    for (const radio of picker.querySelectorAll(".place-choices input")) radio.checked = false;
    clearTimeout(timer);
    const text = input.value.trim().toLowerCase();
    asked = text;
    if (text.length < 2) {
      close();
      say("");
    } else {
      timer = setTimeout(suggest, 180, text);
    }
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (list.hidden) return;
      event.preventDefault();
      highlight(event.key === "ArrowDown" ? active + 1 : active < 0 ? -1 : active - 1);
    } else if (event.key === "Enter" && active >= 0) {
      event.preventDefault();
      choose(list.children[active]);
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      close();
    }
  });
  input.addEventListener("blur", close);
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) choose(option);
  });

  const locate = picker.querySelector("[data-locate]");
  locate.hidden = !navigator.geolocation;
  locate.addEventListener("click", () => {
    say(dataset.waiting);
    locate.setAttribute("aria-busy", "true");
    const done = (text) => {
      locate.removeAttribute("aria-busy");
      if (text) say(text);
    };
    navigator.geolocation.getCurrentPosition(async ({ coords }) => {
      const body = new FormData();
      body.set("csrf_token", form.elements.csrf_token.value);
      body.set("latitude", coords.latitude);
      body.set("longitude", coords.longitude);
      try {
        const answer = await fetch(dataset.point, { method: "POST", body });
        const place = await answer.json();
        if (answer.ok) pick(place.label, "", place.cell);
        done(answer.ok ? "" : place.error);
      } catch {
        done(dataset.refused);
      }
    }, () => done(dataset.refused), { timeout: 15000, maximumAge: 600000 });
  });

  // While the next map is under way, a tap on the old one would choose the wrong cell.
  const openMap = async (address) => {
    const url = new URL(address, location.href);
    url.searchParams.set("part", "1");
    map.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(url);
      if (!answer.ok) return;
      map.innerHTML = await answer.text();
      map.hidden = false;
      opener.setAttribute("aria-expanded", "true");
      map.querySelector("a")?.focus({ preventScroll: true });
    } catch {
      say(dataset.mapless);
    } finally {
      map.removeAttribute("aria-busy");
    }
  };
  opener.addEventListener("click", () => {
    if (!map.hidden) {
      map.hidden = true;
      opener.setAttribute("aria-expanded", "false");
      return;
    }
    const area = hidden()?.value || picker.querySelector(".place-choices :checked")?.value;
    const start = cell.value ? "?cell=" + cell.value : area ? "?area=" + area : "";
    openMap(dataset.map + start);
  });
  map.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (!link) return;
    event.preventDefault();
    if (map.hasAttribute("aria-busy")) return;
    if (link.dataset.useCell) {
      pick(link.dataset.label, "", link.dataset.useCell);
      map.hidden = true;
      opener.setAttribute("aria-expanded", "false");
      opener.focus();
    } else {
      openMap(link.getAttribute("href"));
    }
  });
  picker.querySelector(".place-tools").hidden = false;
}
