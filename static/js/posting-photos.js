// Photos go up as soon as they are chosen, made smaller on the device first: a phone's photo has
// 4 to 12 MB, and data costs money. Without this script there is a button for it.
const postingForm = document.querySelector("form.posting");
const EDGE_PX = 1920;
const QUALITY = 0.85;
const SMALL_ENOUGH_BYTES = 400 * 1024;
let sending = null;

async function smaller(file) {
  if (file.size <= SMALL_ENOUGH_BYTES) return file;
  try {
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, EDGE_PX / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    const pen = canvas.getContext("2d");
    pen.fillStyle = "#fbf8f1";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
    return blob && blob.size < file.size ? new File([blob], "photo.jpg", { type: "image/jpeg" }) : file;
  } catch {
    return file; // the server says what is wrong with it
  }
}

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
  for (const file of files) if (!(await sendPhotos("photo", await smaller(file)))) break;
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
