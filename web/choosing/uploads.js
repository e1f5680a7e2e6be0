// Photos on their way to the service: each file once, whoever asks for it.

import { apiKey, upload } from "/web/parts/api.js";

export const AT_ONCE = 4;
const FRESH = 50 * 60_000; // ms; the service keeps what no batch names for an hour at least
const underWay = new Map(); // photo → {promise, listeners, sent}

/** Return the Upload of a photo's file, sending it if it was not sent yet. Raises Problem, AbortError. */
export async function uploaded(draft, photo, { progress = () => {}, signal } = {}) {
  if (arrived(photo)) return photo.upload;
  const sending = underWay.get(photo) ?? begun(draft, photo, signal);
  sending.listeners.add(progress);
  return signal ? Promise.race([sending.promise, aborted(signal)]) : sending.promise;
}

/** Return the source by which the service can show a photo, sending its file if it must. Raises Problem, AbortError. */
export async function shownAs(draft, photo, options) {
  return photo.known ?? (await uploaded(draft, photo, options)).source;
}

/** Whether the service can show a photo before it is handed in. */
export function showable({ file, known }) {
  return Boolean(file || known);
}

/** Begin to send a photo's file: one upload, whoever else asks for it meanwhile. */
function begun(draft, photo, signal) {
  const key = apiKey();
  const listeners = new Set();
  const progress = (bytes) => listeners.forEach((listener) => listener(bytes));
  const sending = { listeners, promise: upload(photo.file, photo.name, { progress, signal }).then((made) => {
    underWay.delete(photo);
    if (key !== apiKey()) return uploaded(draft, photo, { signal }); // it belongs to somebody else by now
    draft.update(photo, { upload: stamped(made), error: null });
    return photo.upload;
  }, (error) => {
    underWay.delete(photo);
    throw error;
  }) };
  underWay.set(photo, sending);
  return sending;
}

/** Reject once a signal is aborted. */
export function aborted(signal) {
  return new Promise((_, reject) => {
    const end = () => reject(new DOMException("", "AbortError"));
    if (signal.aborted) end();
    else signal.addEventListener("abort", end);
  });
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

/** Say whether all that a photo needs is at the service, or comes from elsewhere. */
export function lasting(photo) {
  return (!photo.file || arrived(photo)) && (!photo.mask || fresh(photo.maskUpload));
}

function fresh(made) {
  return made !== null && Date.now() - made.at < FRESH;
}

function stamped(made) {
  return { ...made, at: Date.now() };
}
