// The way from "Start" to a batch: upload what is not there yet, then hand it in, once.

import { ask, pause, Problem, token } from "/web/parts/api.js";
import { dialog } from "/web/parts/dialog.js";
import { h, oncePerFrame } from "/web/parts/dom.js";
import { keepFile } from "/web/parts/handed-in.js";
import { marked } from "/web/choosing/erase.js";
import { matched, photosOf, settingsOf } from "/web/choosing/request.js";
import { bytes, duration, t } from "/web/parts/i18n.js";
import { Lanes } from "/web/parts/lanes.js";
import { toast } from "/web/parts/toast.js";
import { aborted, arrived, AT_ONCE, lasting, maskSource, uploaded } from "/web/choosing/uploads.js";
import { setOff } from "/web/choosing/underway.js";
import { inParallel } from "/web/parts/parallel.js";

const PATIENCE = 1200; // ms of sending after which the batch begins with the photos that are there

/**
 * Send a draft off, shown in a dialog. `done` resolves to the place to go to, null when it was given up; `stop()` gives
 * up. What was sent by then is not sent again.
 */
export function sendOff(draft, preset) {
  const ends = new AbortController();
  const bar = h("progress", { max: 1, value: 0, "aria-label": t("sending.title") });
  const said = h("p", { class: "soft" }); // the bar tells screen readers
  const wrong = h("ul", { class: "plain-list problems" });
  const buttons = h("div", { class: "row end" });
  const sheet = dialog({ class: "sending", "aria-label": t("sending.title") },
    h("div", { class: "stack" }, h("h2", {}, t("sending.title")), bar, said, wrong, buttons));
  const cancel = () => h("button", { onclick: () => sheet.close() }, t("cancel"));
  let running = null;
  let early = false; // what is left is sent behind the page of the batch

  async function attempt() {
    buttons.replaceChildren(cancel());
    wrong.replaceChildren();
    said.classList.remove("bad");
    said.removeAttribute("role");
    try {
      const place = await work(draft, preset, ends.signal, { bar, said, wrong, buttons, early: () => { early = true; } });
      sheet.close();
      return place;
    } catch (error) {
      if (error.name === "AbortError") {
        sheet.close();
        return null;
      }
      said.textContent = error.message;
      said.classList.add("bad");
      said.setAttribute("role", "alert");
      const again = h("button", { class: "primary", onclick: begin }, t("again"));
      buttons.replaceChildren(cancel(), again);
      again.focus();
      return null;
    }
  }

  function begin() {
    running = attempt();
  }

  begin();
  const done = new Promise((resolve) => {
    sheet.addEventListener("close", () => {
      if (!early) ends.abort();
      resolve(running); // what is being handed in is waited for: it is a batch by now, or will be
    });
  });
  return { done, stop: () => sheet.close() };
}

async function work(draft, preset, signal, shown) {
  const photos = preset.type === "erase" ? marked(draft) : draft.photos;
  const noted = draft.settings.request; // of its answer nothing is known
  if (noted && photos.every((photo) => photo.error || lasting(photo))) return handIn(draft, photos, shown);
  const part = { over: false };
  const all = sendFiles(draft, photos, signal, shown, part);
  const together = preset.type === "erase" || matched(draft.settings, preset); // what needs all of them
  if (!together && await Promise.race([all.then(() => false), firstIsThere(photos, signal)])) {
    part.over = true;
    all.catch(() => {}); // what is on its way arrives, or is sent again
    const task = await setOff(draft, preset, photos, noted?.key ?? token(), signal);
    shown.early();
    return `#/batch/${task}`;
  }
  await all;
  signal.throwIfAborted();
  const refused = photos.filter((photo) => photo.error);
  const good = photos.filter((photo) => !photo.error);
  if (refused.length && !await goOn(refused, good.length, signal, shown)) {
    draft.remove(new Set(refused.map(({ id }) => id)));
    toast(t("choose.removed", { n: refused.length }));
    throw new DOMException("", "AbortError");
  }
  if (preset.type === "erase") await inParallel(good, AT_ONCE, (photo) => maskSource(draft, photo, signal));
  signal.throwIfAborted();
  draft.set({ request: requestOf(draft, preset, good, noted?.key ?? token()) });
  return handIn(draft, photos, shown);
}

/** Resolve to true once some time is over, if a photo has arrived by then, none was refused, and others are on their way. */
async function firstIsThere(photos, signal) {
  for (;;) {
    await pause(PATIENCE, signal);
    const [first] = photos;
    if (photos.some(({ error }) => error)) return new Promise(() => {}); // whoever chose them is asked at the end
    if ((!first.file || arrived(first)) && photos.some((photo) => photo.file && !arrived(photo))) return true;
  }
}

async function sendFiles(draft, photos, signal, { bar, said }, part) {
  const files = photos.filter((photo) => photo.file);
  const total = files.reduce((sum, { file }) => sum + file.size, 0);
  const there = files.filter(arrived);
  const before = there.reduce((sum, { file }) => sum + file.size, 0);
  const began = performance.now();
  let now = before, done = there.length;
  let over = false; // what went wrong, or follows, stays to be read
  const tell = () => {
    const left = (total - now) / ((now - before) / (performance.now() - began)) / 1000;
    bar.value = total ? now / total : 1;
    said.textContent = [
      t("sending.sent", { done, n: files.length, bytes: bytes(total) }),
      navigator.onLine === false ? t("errors.unreachable") : null,
      left > 1 && Number.isFinite(left) ? t("sending.left", { time: duration(left) }) : null,
    ].filter(Boolean).join(" · ");
  };
  const show = oncePerFrame(() => over || tell());
  for (const change of ["online", "offline"]) addEventListener(change, show, { signal });
  show();
  const lanes = new Lanes(AT_ONCE); // of this attempt: files of an earlier one may still be on their way
  said.after(lanes.element);
  try {
    await inParallel(files.filter((photo) => !arrived(photo)), AT_ONCE, async (photo) => {
      if (part.over) return;
      let sent = 0;
      const lane = lanes.take(photo.name, photo.file.size);
      const progress = (loaded) => {
        now += Math.min(loaded, photo.file.size) - sent;
        sent = Math.min(loaded, photo.file.size);
        lane.progress(sent);
        show();
      };
      try {
        await uploaded(draft, photo, { progress, signal });
      } catch (problem) {
        if (!(problem instanceof Problem) || !problem.ofTheFile) throw problem;
        draft.update(photo, { error: problem.message }); // no reason to stop the others
      }
      progress(photo.file.size);
      lane.end();
      done += 1;
    });
    tell();
  } finally {
    over = true;
    lanes.element.remove();
  }
}

/** Tell what can't be sent; resolves to whether to go on without it. */
function goOn(refused, n, signal, { wrong, buttons }) {
  wrong.replaceChildren(h("li", {}, t("sending.refused", { n: refused.length })), ...refused.slice(0, 50).map((photo) => h("li", {}, h("strong", {}, photo.name), " ", photo.error)));
  const chosen = new Promise((resolve) => {
    const without = h("button", { onclick: () => resolve(false) }, t("sending.takeOut"));
    const go = h("button", { class: "primary", onclick: () => resolve(true) }, t("sending.goOn", { n }));
    buttons.replaceChildren(without, ...(n ? [go] : []));
    (n ? go : without).focus();
  });
  return Promise.race([chosen, aborted(signal)]);
}

/** What is handed in, under a key of its own: noted before it is sent, so that a repeated one is the same to the letter. */
function requestOf(draft, preset, photos, key) {
  return { key, body: { photos: photosOf(photos, preset), ...settingsOf(draft, preset) } };
}

/** Hand the noted request in; whatever becomes of answers, it is one batch. From now on there is nothing to cancel. */
async function handIn(draft, photos, { buttons }) {
  const { key, body } = draft.settings.request;
  for (const button of buttons.children) button.disabled = true;
  try {
    const { task_id: task } = await ask("POST", "/batch/submit", { headers: { "Idempotency-Key": key }, json: body });
    for (const { file, upload } of photos) if (file && upload) keepFile(upload.source, file);
    draft.handedIn(photos);
    return `#/batch/${task}`;
  } catch (problem) {
    if (problem.code === "idempotency_mismatch") { // it had come, under uploads that are gone from here by now
      draft.handedIn(photos);
      return "#/batches";
    }
    if (!problem.passing) draft.set({ request: null }); // it was read and refused: the next one may be another
    throw problem;
  }
}
