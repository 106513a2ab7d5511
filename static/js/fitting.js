// Beside the posting form: neighbours' posts that fit what is being written, asked for after a
// pause. On a phone it is one line under the title, which opens. It never takes the focus and never
// moves the field that somebody writes in; without it the server shows the same before the post.
const PAUSE_MS = 600;
const LONGEST_PAUSE_MS = 60000; // after failures
const ENOUGH = 3; // letters and digits
const draft = document.querySelector("form.posting");
const beside = document.querySelector("[data-fitting]");
const wide = matchMedia("(width >= 64rem)");

if (beside && !navigator.connection?.saveData) {
  const [status, content] = beside.children;
  const column = beside.parentElement;
  const empty = content.innerHTML;
  let pause = PAUSE_MS;
  let timer = 0;
  let asking = null;
  let shown = "";

  const arrange = () => {
    if (wide.matches) column.append(beside);
    else draft.elements.title.closest(".field").after(beside);
  };

  const show = (html) => {
    const open = content.querySelector("details")?.open ?? wide.matches;
    content.innerHTML = html;
    const found = content.querySelector("details");
    if (found) found.open = open;
    const said = content.querySelector("summary, p").textContent;
    if (status.textContent !== said) status.textContent = said;
  };

  const ask = async () => {
    const isRead = content.contains(document.activeElement) || (!wide.matches && content.querySelector("[open]"));
    if (!beside.offsetParent || isRead) return; // folded away, or what is there is being read
    const typed = new URLSearchParams([...new FormData(draft)].filter(([, value]) => typeof value === "string"));
    if (`${typed}` === shown) return;
    if ((typed.get("title").match(/[\p{L}\p{N}]/gu) ?? []).length < ENOUGH) {
      if (shown) show(empty);
      shown = "";
      return;
    }
    asking = new AbortController();
    try {
      const answer = await fetch(beside.dataset.fitting, { method: "POST", body: typed, signal: asking.signal, redirect: "error" });
      if (!answer.ok) throw new Error(answer.status);
      show(await answer.text());
      shown = `${typed}`;
      pause = PAUSE_MS;
    } catch (error) {
      if (error.name !== "AbortError") pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
    }
  };

  const plan = () => {
    clearTimeout(timer);
    asking?.abort();
    timer = setTimeout(ask, pause);
  };

  // In the same tab: a phone shows one at a time and forgets those behind. The draft is kept first,
  // and "back" leads to it. Where it cannot be kept, a tab of its own loses nothing.
  beside.addEventListener("click", async (event) => {
    const link = event.target.closest("a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if ((await keepDraft()) || !open(link.href)) location.assign(link.href);
  });
  draft.addEventListener("input", plan);
  draft.addEventListener("change", plan);
  wide.addEventListener("change", arrange);
  arrange();
  beside.hidden = false;
  plan();
}
