// New messages come in while a conversation is looked at, without a reload. Asked for are only those
// that the page does not show; less and less often while nothing happens, never in a hidden tab.
// Sending stays a plain form; photos are made smaller before.
const FIRST_MS = 4000;
const LONGEST_MS = 60000;
const GROWTH = 1.5;
const list = document.querySelector("[data-news]");
const writing = document.querySelector("[data-writing]");
let wait = FIRST_MS;
let timer = 0;
let asking = false;
let over = false;

const isSeen = () => document.visibilityState === "visible";

function plan() {
  clearTimeout(timer);
  if (isSeen() && !over) timer = setTimeout(look, wait);
}

// Whoever does something here soon expects an answer.
function hurry() {
  if (wait === FIRST_MS) return;
  wait = FIRST_MS;
  plan();
}

async function look() {
  if (asking || over || !isSeen()) return;
  asking = true;
  const { news, after, step, stand, read, shown } = list.dataset;
  try {
    const answer = await fetch(`${news}?${new URLSearchParams({ after, step, stand, read, shown })}`, { redirect: "manual" });
    over = answer.type === "opaqueredirect" || (answer.status >= 400 && answer.status < 500); // signed out, or gone
    const came = answer.status === 200 && show(new DOMParser().parseFromString(await answer.text(), "text/html"));
    wait = came ? FIRST_MS : Math.min(wait * GROWTH, LONGEST_MS);
  } catch {
    wait = Math.min(wait * GROWTH, LONGEST_MS);
  }
  asking = false;
  plan();
}

// Puts in place what came; says whether anything did.
function show(page) {
  const news = page.querySelector("[data-after]");
  if (!news) return false;
  const top = writing?.getBoundingClientRect().top;
  const fresh = [...news.querySelectorAll(":scope > ol > li")].filter(isFresh);
  markRead(Number(news.dataset.read));
  list.append(...fresh);
  let kept = false;
  for (const part of page.querySelectorAll("[data-part]")) {
    const old = document.querySelector(`[data-part="${part.dataset.part}"]`);
    if (old?.contains(document.activeElement)) kept = true; // somebody is at it: the next time
    else old?.replaceWith(part);
  }
  if (kept) delete news.dataset.stand;
  Object.assign(list.dataset, news.dataset);
  if (isSeen()) list.dataset.shown = list.dataset.after;
  // What is being typed stays where it is on the screen.
  if (top !== undefined && top < innerHeight) scrollBy({ top: writing.getBoundingClientRect().top - top, behavior: "instant" });
  const theirs = fresh.filter((item) => !item.matches(".message--mine, [data-day]"));
  if (theirs.length) document.querySelector("[data-said]").textContent = theirs.map(words).join(" ");
  return fresh.length > 0 || Boolean(news.dataset.stand);
}

function words(item) {
  const copy = item.cloneNode(true);
  for (const part of copy.querySelectorAll("time, .message__report")) part.remove();
  return copy.textContent;
}

function isFresh(item) {
  if ("day" in item.dataset) return [...list.querySelectorAll("[data-day]")].at(-1)?.textContent !== item.textContent;
  if (item.id) return !document.getElementById(item.id);
  return !list.querySelector(`[data-line="${item.dataset.line}"]`);
}

function markRead(upto) {
  for (const mine of list.querySelectorAll(".message--mine")) {
    const number = Number(mine.id.slice(1));
    if (number > Number(list.dataset.read) && number <= upto) mine.querySelector("time").append(list.dataset.word);
  }
}

if (list) {
  document.querySelector("[data-look]")?.remove();
  for (const kind of ["pointerdown", "keydown", "focusin"]) addEventListener(kind, hurry, { passive: true });
  document.addEventListener("visibilitychange", () => {
    clearTimeout(timer);
    wait = FIRST_MS;
    if (isSeen()) look();
  });
  if (isSeen()) list.dataset.shown = list.dataset.after;
  plan();
}

const chosen = writing?.querySelector("[type=file]");
let working = null;

async function smallerPhotos(files) {
  const small = new DataTransfer();
  for (const file of files) small.items.add(await smallerPhoto(file));
  return small.files;
}

chosen?.addEventListener("change", () => {
  const mine = smallerPhotos([...chosen.files]);
  working = mine;
  mine.then((small) => {
    if (working !== mine) return; // others were chosen meanwhile
    chosen.files = small;
    working = null;
  });
});
// Whoever sends while photos are being made smaller waits for them.
writing?.addEventListener("submit", async (event) => {
  if (!working) return;
  event.preventDefault();
  while (working) await working;
  writing.requestSubmit(event.submitter);
});
