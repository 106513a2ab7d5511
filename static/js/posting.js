// The posting form: parts that depend on an answer come and go; for a new listing the fieldsets are
// shown one at a time. Everything is sent to the server as without this script.
// Buttons are called "action" too, so form.action is not the address: getAttribute is.
const form = document.querySelector("form.posting");
const answered = (name, value) => form.querySelector(`[name="${name}"][value="${value}"]`)?.checked;
const anyAnswered = (rule) => rule.split(" ").some((pair) => answered(...pair.split("=")));

function showWhatApplies() {
  for (const part of form.querySelectorAll("[data-show-if]")) part.hidden = !anyAnswered(part.dataset.showIf);
  const online = anyAnswered("kind=skill kind=mentoring");
  for (const part of form.querySelectorAll("[data-hide-if]")) part.hidden = online && anyAnswered(part.dataset.hideIf);
}

// The categories of the chosen kind come first; the others stay below.
function sortCategories() {
  const select = form.querySelector("[data-kinds]");
  const kind = form.querySelector('[name="kind"]:checked')?.value;
  if (!select || !kind) return;
  groups ??= [...select.querySelectorAll("optgroup:not([label=''])")];
  const kinds = select.dataset.kinds.split(" ");
  const chosen = select.value;
  const fits = (group) => kinds[groups.indexOf(group)] === kind;
  select.append(...groups.filter(fits), ...groups.filter((group) => !fits(group)));
  select.value = chosen;
}
let groups;

if (form) {
  form.addEventListener("change", (event) => {
    showWhatApplies();
    if (event.target.name === "kind") sortCategories();
  });
  form.querySelector(".posting-week").addEventListener("toggle", (event) => {
    const week = event.target.querySelector("[data-week]");
    week?.insertAdjacentHTML("afterend", week.textContent);
    week?.remove();
  });
  showWhatApplies();
  sortCategories();
  if ("posting" in form.dataset) fold();
}

function fold() {
  const steps = [...form.querySelectorAll("[data-step]")];
  const list = form.querySelector("[data-steps]");
  const buttons = form.querySelector("[data-step-buttons]");
  const back = form.querySelector("[data-back]");
  const next = form.querySelector("[data-next]");
  let now = 0;
  list.hidden = buttons.hidden = false;
  form.classList.add("posting--folded");
  for (const count of form.querySelectorAll("[data-step-count]")) count.hidden = false;

  function show(number, focus = true) {
    now = number;
    steps.forEach((step, index) => (step.hidden = index !== now));
    [...list.children].forEach((item, index) => {
      item.className = index < now ? "done" : "";
      item.toggleAttribute("aria-current", index === now);
      if (index === now) item.setAttribute("aria-current", "step");
    });
    back.hidden = now === 0;
    next.hidden = now === steps.length - 1;
    if (now === steps.length - 1) summarise();
    if (!focus) return;
    steps[now].querySelector("[data-step-title]").focus({ preventScroll: true });
    list.scrollIntoView({ block: "start" });
  }

  function go(number) {
    history.pushState({ step: number }, "");
    show(number);
  }

  function forward() {
    if (!complete(steps[now])) return;
    keepDraft();
    go(now + 1);
  }

  const start = first();
  back.addEventListener("click", () => go(now - 1));
  next.addEventListener("click", forward);
  addEventListener("popstate", (event) => show(event.state?.step ?? start));
  form.addEventListener("keydown", (event) => {
    const typing = event.target.matches("input:not([type=file])");
    if (event.key !== "Enter" || event.defaultPrevented || !typing) return;
    event.preventDefault();
    if (now < steps.length - 1) forward();
  });
  // A link of the error summary may lead to a fieldset that is folded away.
  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#"]');
    const field = link && form.querySelector(`[id="${link.hash.slice(1)}"]`);
    const step = steps.findIndex((part) => part.contains(field));
    if (!field || step < 0) return;
    event.preventDefault();
    go(step);
    field.focus();
  });

  function first() {
    const wrong = form.querySelector(".field--invalid, .bad, [aria-invalid]");
    const meant = wrong || (location.hash && form.querySelector(`[id="${location.hash.slice(1)}"]`));
    const step = steps.findIndex((part) => meant && part.contains(meant));
    return step >= 0 ? step : Number(form.dataset.start);
  }

  show(start, false);
}

// What the server would refuse for certain is said before the next step.
function complete(step) {
  const name = step.dataset.need;
  const fields = name ? [...form.querySelectorAll(`[name="${name}"]`)] : [];
  const given = fields.some((field) => (field.type === "text" ? field.value.trim() : field.checked));
  const said = step.querySelector("[data-missing]");
  if (said) {
    said.closest(".field").classList.remove("field--invalid");
    said.remove();
  }
  if (!name || given) return true;
  const sentence = document.createElement("p");
  sentence.className = "field-error";
  sentence.dataset.missing = "";
  sentence.setAttribute("role", "alert");
  sentence.textContent = step.dataset.sentence;
  const box = fields[0].closest(".choices") ?? fields[0];
  box.before(sentence);
  box.closest(".field").classList.add("field--invalid");
  fields[0].focus();
  return false;
}

// Quietly, so that a lost connection or a closed tab loses nothing. Whether it is kept; other
// behaviours call it before they lead away.
globalThis.keepDraft = async () => {
  const data = new FormData(form);
  if (!data.get("title").trim()) return false;
  data.delete("photo");
  data.set("action", "save");
  const said = form.querySelector("[data-saved]");
  try {
    const answer = await fetch(form.getAttribute("action"), { method: "POST", body: data, headers: { "X-Fragment": "saved" } });
    const address = answer.status === 204 && answer.headers.get("Content-Location");
    if (!address) return false;
    form.setAttribute("action", address);
    history.replaceState(history.state, "", address);
    said.textContent = said.dataset.sentence;
    return true;
  } catch {
    said.textContent = "";
    return false;
  }
};

function summarise() {
  const summary = form.querySelector("[data-summary]");
  const value = (name) => {
    const fields = [...form.querySelectorAll(`[name="${name}"]`)];
    if (fields[0]?.tagName === "SELECT") return fields[0].value && fields[0].selectedOptions[0].text;
    if (fields[0]?.type === "text" || fields[0]?.type === "date") return fields[0].value.trim();
    const chosen = fields.filter((field) => field.checked).map((field) => field.closest("label"));
    return chosen.map((label) => label.querySelector("span").firstChild.textContent.trim()).join(", ");
  };
  const rows = JSON.parse(summary.dataset.summary).map(([label, names]) => {
    const said = names.map(value).filter(Boolean).join(" ");
    const name = document.createElement("dt");
    const content = document.createElement("dd");
    name.textContent = label;
    content.textContent = said;
    return said ? [name, content] : [];
  });
  summary.replaceChildren(...rows.flat());
  summary.hidden = false;
}
