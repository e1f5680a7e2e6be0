// Photos on their way to the service: each file once, whoever asks for it.

import { upload } from "/web/api.js";

export const AT_ONCE = 4;
const FRESH = 50 * 60_000; // ms; the service keeps what no batch names for an hour at least
const underWay = new Map(); // photo → {promise, listeners, sent}

/** Return the Upload of a photo's file, sending it if it was not sent yet. Raises Problem, AbortError. */
export async function uploaded(draft, photo, { progress = () => {}, signal } = {}) {
  if (arrived(photo)) return photo.upload;
  let sending = underWay.get(photo);
  if (!sending) {
    sending = { listeners: new Set() };
    sending.promise = upload(photo.file, photo.name, {
      progress: (bytes) => sending.listeners.forEach((listener) => listener(bytes)),
      signal,
    }).then((made) => {
      draft.update(photo, { upload: stamped(made), error: null });
      return photo.upload;
    }).finally(() => underWay.delete(photo));
    underWay.set(photo, sending);
  }
  sending.listeners.add(progress);
  return sending.promise;
}

/** Return the source of a photo's mask, sending it if it is not there. Raises Problem, AbortError. */
export async function maskSource(draft, photo, signal) {
  if (!fresh(photo.maskUpload)) {
    draft.update(photo, { maskUpload: stamped(await upload(photo.mask, "mask.png", { signal })) });
  }
  return photo.maskUpload.source;
}

/** Say whether a photo's file is at the service, and will be there for a while. */
export function arrived(photo) {
  return fresh(photo.upload);
}

function fresh(made) {
  return made !== null && Date.now() - made.at < FRESH;
}

function stamped(made) {
  return { ...made, at: Date.now() };
}

/** Run `work` on each item, a few at once. The first error stops what has not begun, and is raised. */
export async function inParallel(items, width, work) {
  const queue = items[Symbol.iterator]();
  let stopped = false;
  const lanes = Array.from({ length: width }, async () => {
    for (const item of queue) {
      if (stopped) return;
      try {
        await work(item);
      } catch (error) {
        stopped = true;
        throw error;
      }
    }
  });
  await Promise.all(lanes);
}
