// Makes a photo smaller on the device before it is sent: a phone's photo has 4 to 12 MB, and data
// costs money. Other behaviours call it when a file was chosen.
const EDGE_PX = 1920;
const QUALITY = 0.85;
const SMALL_ENOUGH_BYTES = 400 * 1024;

globalThis.smallerPhoto = async (file) => {
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
};
