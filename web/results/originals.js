// Photos as they came, small, while there is no result to show.

import { send } from "/web/parts/api.js";
import { keptFile } from "/web/parts/handed-in.js";
import { quickThumbnail, smaller } from "/web/parts/pictures.js";

const SIDE = 240;
const HEAD = 256 << 10; // bytes: the EXIF of a photo, or all of a small one

/** Return a small picture of a photo's original as a Blob, null where there is none without reading all of it. */
export async function smallOriginal(task, photo, signal) {
  const file = keptFile(photo.source);
  if (file) return await quickThumbnail(file) ?? smaller(file, SIDE);
  if (!photo.source.startsWith("upload:")) return null;
  const answer = await send("GET", `/batch/${task}/photos/${photo.index}/original`, { headers: { Range: `bytes=0-${HEAD - 1}` }, signal });
  const total = Number(answer.headers.get("Content-Range")?.split("/")[1] ?? answer.headers.get("Content-Length"));
  if (answer.status !== 206 && total > HEAD) {
    await answer.body.cancel(); // whoever is between us does not know ranges
    return null;
  }
  const head = await answer.blob();
  return await quickThumbnail(head) ?? (total <= HEAD ? smaller(head, SIDE) : null);
}
