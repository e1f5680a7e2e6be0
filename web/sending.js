// The way from "Start" to a batch: upload what is not there yet, then hand it in, once.

import { ask, Problem, token, user } from "/web/api.js";
import { dialog, h } from "/web/dom.js";
import { marked } from "/web/erase.js";
import { bytes, duration, t } from "/web/i18n.js";
import { arrived, AT_ONCE, inParallel, maskSource, uploaded } from "/web/uploads.js";

/**
 * Send a draft off, shown in a dialog. `done` resolves to the batch's id, null when it was given up; `stop()` gives up.
 * What was sent by then is not sent again.
 */
export function sendOff(draft, preset) {
  const ends = new AbortController();
  const bar = h("progress", { max: 1, value: 0, "aria-label": t("sending.title") });
  const said = h("p", { class: "soft", role: "status" });
  const wrong = h("ul", { class: "plain-list problems" });
  const buttons = h("div", { class: "row end" });
  const sheet = dialog({ class: "sending", "aria-label": t("sending.title") },
    h("div", { class: "stack" }, h("h2", {}, t("sending.title")), bar, said, wrong, buttons));
  let task = null;

  async function attempt() {
    buttons.replaceChildren(h("button", { onclick: () => sheet.close() }, t("cancel")));
    said.classList.remove("bad");
    try {
      task = await work(draft, preset, ends.signal, { bar, said, wrong, buttons });
      sheet.close();
    } catch (error) {
      if (error.name === "AbortError") return sheet.close();
      said.textContent = error.message;
      said.classList.add("bad");
      buttons.append(h("button", { class: "primary", onclick: attempt }, t("again")));
    }
  }

  attempt();
  const done = new Promise((resolve) => {
    sheet.addEventListener("close", () => {
      ends.abort();
      resolve(task);
    });
  });
  return { done, stop: () => sheet.close() };
}

async function work(draft, preset, signal, shown) {
  const photos = preset.type === "erase" ? marked(draft) : draft.photos;
  await sendFiles(draft, photos, signal, shown);
  const refused = photos.filter((photo) => photo.error);
  const good = photos.filter((photo) => !photo.error);
  if (refused.length && !await goOn(refused, good.length, signal, shown)) {
    draft.remove(new Set(refused.map(({ id }) => id)));
    throw new DOMException("", "AbortError");
  }
  if (preset.type === "erase") await inParallel(good, AT_ONCE, (photo) => maskSource(draft, photo, signal));
  const { task_id: task } = await handIn(draft, preset, good, signal);
  draft.handedIn(photos);
  return task;
}

async function sendFiles(draft, photos, signal, { bar, said }) {
  const files = photos.filter((photo) => photo.file);
  const sizes = new Map(files.map((photo) => [photo, photo.file.size]));
  const sent = new Map(files.map((photo) => [photo, arrived(photo) ? photo.file.size : 0]));
  const total = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  const before = [...sent.values()].reduce((sum, size) => sum + size, 0);
  const began = performance.now();
  const show = () => {
    const now = [...sent.values()].reduce((sum, size) => sum + size, 0);
    const there = files.filter((photo) => arrived(photo) || photo.error).length;
    const left = (total - now) / ((now - before) / (performance.now() - began)) / 1000;
    bar.value = total ? now / total : 1;
    said.textContent = [
      t("sending.sent", { done: there, n: files.length, bytes: bytes(total) }),
      left > 1 && Number.isFinite(left) ? t("sending.left", { time: duration(left) }) : null,
    ].filter(Boolean).join(" · ");
  };
  show();
  await inParallel(files, AT_ONCE, async (photo) => {
    try {
      const progress = (loaded) => {
        sent.set(photo, Math.min(loaded, photo.file.size));
        show();
      };
      await uploaded(draft, photo, { progress, signal });
    } catch (problem) {
      if (!(problem instanceof Problem) || problem.passing || problem.status === 401) throw problem;
      draft.update(photo, { error: problem.message }); // its own fault: no reason to stop the others
    }
    sent.set(photo, photo.file.size);
    show();
  });
}

/** Tell what can't be sent; resolves to whether to go on without it. */
function goOn(refused, n, signal, { said, wrong, buttons }) {
  said.textContent = t("sending.refused", { n: refused.length });
  wrong.replaceChildren(...refused.slice(0, 50).map((photo) => h("li", {}, h("strong", {}, photo.name), " ", photo.error)));
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(new DOMException("", "AbortError")));
    const without = h("button", { onclick: () => resolve(false) }, t("sending.takeOut"));
    const go = h("button", { class: "primary", onclick: () => resolve(true) }, t("sending.goOn", { n }));
    buttons.replaceChildren(without, ...(n ? [go] : []));
    (n ? go : without).focus();
  });
}

/** Hand in under the draft's own key: whatever becomes of the answer, it is one batch. */
function handIn(draft, preset, photos, signal) {
  const { params, output } = draft.settings;
  if (!draft.settings.key) draft.set({ key: token() });
  const one = ({ url, upload, maskUpload }) => ({ source: url ?? upload.source, params: preset.type === "erase" ? { mask: maskUpload.source } : {} });
  return ask("POST", "/batch/submit", {
    headers: { "Idempotency-Key": draft.settings.key },
    json: { photos: photos.map(one), preset_id: preset.id, preset_params: params, output, ...user() },
    signal,
  });
}
