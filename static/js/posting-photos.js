// Photos go up as soon as they are chosen, made smaller on the device first (smaller-photo.js).
// Without this script there is a button for it.
const postingForm = document.querySelector("form.posting");
let sending = null;

async function sendPhotos(action, file) {
  const box = postingForm.querySelector("[data-photos]");
  const status = box.querySelector("[data-photo-status]");
  const data = new FormData(postingForm);
  data.delete("photo");
  data.set("action", action);
  if (file) data.set("photo", file, file.name);
  status.textContent = box.dataset.working;
  box.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(postingForm.getAttribute("action"), { method: "POST", body: data, headers: { "X-Fragment": "photos" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("[data-photos]");
    if (!fresh) throw new Error(`unexpected answer ${answer.status}`);
    box.replaceWith(fresh);
    if (fresh.dataset.address) {
      postingForm.setAttribute("action", fresh.dataset.address);
      history.replaceState(history.state, "", fresh.dataset.address);
    }
    prepare();
    return answer.ok;
  } catch {
    box.removeAttribute("aria-busy");
    status.textContent = box.dataset.failed;
    return false;
  }
}

async function sendAll(files) {
  for (const file of files) if (!(await sendPhotos("photo", await smallerPhoto(file)))) break;
  sending = null;
  const box = postingForm.querySelector("[data-photos]");
  if (document.activeElement !== document.body) return; // they went on meanwhile
  (box.querySelector('[type="file"]') ?? box.querySelector("button"))?.focus();
}

function prepare() {
  const box = postingForm.querySelector("[data-photos]");
  const input = box.querySelector('[type="file"]');
  if (input) {
    input.multiple = true;
    box.querySelector('[value="photo"]').hidden = true;
    input.addEventListener("change", () => {
      const files = [...input.files];
      input.value = ""; // or the form would send them once more
      if (files.length) sending = sendAll(files);
    });
  }
  for (const button of box.querySelectorAll('[name="action"][value*=":"]')) {
    button.addEventListener("click", async (event) => {
      event.preventDefault();
      await sendPhotos(button.value);
      const box = postingForm.querySelector("[data-photos]");
      (box.querySelector(`[value="${button.value}"]`) ?? box.querySelector('[type="file"]') ?? box.querySelector("button"))?.focus();
    });
  }
}

if (postingForm?.querySelector("[data-photos]")) {
  prepare();
  // Whoever publishes while a photo is on its way waits for it.
  postingForm.addEventListener("submit", async (event) => {
    if (!sending) return;
    event.preventDefault();
    await sending;
    postingForm.requestSubmit(event.submitter);
  });
}
