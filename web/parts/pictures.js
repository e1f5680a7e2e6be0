// Small pictures of photos, made on this device.

import { embeddedThumbnail } from "/web/parts/exif.js";

const QUALITY = 0.82;
const PART = 0.62; // of a face: what a small picture shows of it is skin

/** The embedded thumbnail of a photo, upright and without the bars that some cameras put around it; null for none. */
export async function quickThumbnail(file) {
  if (file.type !== "image/jpeg") return null;
  const found = await embeddedThumbnail(file);
  if (!found) return null;
  let bitmap;
  try {
    bitmap = await createImageBitmap(found.blob);
  } catch {
    return null;
  }
  const { width, height } = within(bitmap, found.width / found.height);
  const turned = found.orientation >= 5;
  const canvas = new OffscreenCanvas(turned ? height : width, turned ? width : height);
  const context = canvas.getContext("2d");
  context.setTransform(...upright(found.orientation, width, height));
  context.drawImage(bitmap, (width - bitmap.width) / 2, (height - bitmap.height) / 2);
  bitmap.close();
  return canvas.convertToBlob({ type: "image/jpeg", quality: QUALITY });
}

/** A JPEG of a picture of which one side is `side` pixels. Raises where the browser can't decode it. */
export async function smaller(file, side) {
  const bitmap = await createImageBitmap(file, { resizeWidth: side, resizeQuality: "medium" });
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = canvas.getContext("2d");
  context.fillStyle = "#fff"; // what is transparent would be black
  context.fillRect(0, 0, bitmap.width, bitmap.height);
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return canvas.convertToBlob({ type: "image/jpeg", quality: QUALITY });
}

/** A JPEG of the square in the middle of a box, [left, top, width, height] in fractions of a picture, `side` pixels wide. */
export async function croppedTo(picture, [left, top, width, height], side) {
  const bitmap = await createImageBitmap(picture);
  const reach = Math.min(Math.max(width * bitmap.width, height * bitmap.height) * PART, bitmap.width, bitmap.height);
  const place = (middle, all) => Math.max(0, Math.min(all - reach, middle * all - reach / 2));
  const canvas = new OffscreenCanvas(side, side);
  canvas.getContext("2d").drawImage(bitmap,
    place(left + width / 2, bitmap.width), place(top + height / 2, bitmap.height), reach, reach, 0, 0, side, side);
  bitmap.close();
  return canvas.convertToBlob({ type: "image/jpeg", quality: QUALITY });
}

/** The size of a picture as it is shown, upright; null where the browser can't decode it. */
export async function sizeOf(file) {
  try {
    const bitmap = await createImageBitmap(file);
    const { width, height } = bitmap;
    bitmap.close();
    return { width, height };
  } catch {
    return null;
  }
}

/** The part of a thumbnail that has the photo's own shape. */
function within({ width, height }, shape) {
  return width / height > shape ? { width: Math.round(height * shape), height } : { width, height: Math.round(width / shape) };
}

/** The transform for each of the eight EXIF orientations. */
function upright(orientation, w, h) {
  return [
    [1, 0, 0, 1, 0, 0], [-1, 0, 0, 1, w, 0], [-1, 0, 0, -1, w, h], [1, 0, 0, -1, 0, h],
    [0, 1, 1, 0, 0, 0], [0, 1, -1, 0, h, 0], [0, -1, -1, 0, h, w], [0, -1, 1, 0, 0, w],
  ][orientation - 1] ?? [1, 0, 0, 1, 0, 0];
}
