// One photo of a batch, seen large: before and after, how it came about, and what to do with it.

import { blob, download, reason, send, unchanged } from "/web/parts/api.js";
import { count } from "/web/parts/faces.js";
import { toast } from "/web/parts/toast.js";
import { bytes, known, number, t } from "/web/parts/i18n.js";
import { fileName, saveBlob, sendFile } from "/web/results/save.js";
import { adjust, adjustable } from "/web/results/adjust.js";
import { openViewer } from "/web/results/viewer.js";

const MANIFEST_UP_TO = 2000; // photos; beyond that it is long to wait for
const LARGE = 1024;

/** Why a photo has no result, and what to do about it. */
export function reasonOf({ error }) {
  return error ? reason(error.code, error.message) : "";
}

/**
 * Show one photo of `indices` large. `batch()` returns the batch as it is now, `quick(photo)` the address of a small
 * picture. Returns `{changed}`, to be called when there may be news of the photo that is seen.
 */
export function showPhoto({ batch, list, indices: shown, place, selection, quick, adjusted, onclose }) {
  const indices = [...shown]; // what is listed may change meanwhile
  let manifest = null; // of a batch that goes on it is read each time
  let turn = new AbortController();
  let seen = null; // the photo as it was when it was loaded
  let held = null; // the result that is shown, as a File
  const photoAt = (at) => list.photos[indices[at]];

  async function read() {
    if (batch().counts.total > MANIFEST_UP_TO) return [];
    manifest ??= lines(list.task).catch(() => []);
    const found = await manifest;
    if (batch().finished_at === null || !found.length) manifest = null;
    return found;
  }

  async function act(at, work) {
    const photo = photoAt(at);
    if (!photo?.result) return toast(t("photo.none"));
    try {
      await work(held?.photo === photo ? held.file : await fileOf(photo));
    } catch (error) {
      if (error.name !== "AbortError") toast(error.message);
    }
  }

  async function change(at) {
    try {
      await adjust(batch(), photoAt(at), (photo) => {
        adjusted(photo);
        toast(t("adjust.waits"));
      });
    } catch (error) {
      toast(error.message);
    }
  }

  const done = (at) => Boolean(photoAt(at)?.result);
  const viewer = openViewer({
    count: indices.length,
    index: place,
    quick: (at) => photoAt(at) && quick(photoAt(at)),
    shape: (at) => photoAt(at)?.result,
    selection: { has: (at) => selection.has(indices[at]), toggle: (at) => selection.flip(indices[at]) },
    load: async (at) => {
      turn.abort(); // nobody waits for the photo before any more
      turn = new AbortController();
      const photo = seen = photoAt(at);
      const { file, ...shown } = await load(list.task, photo, turn.signal);
      held = file && { photo, file };
      return shown;
    },
    describe: async (at) => details(photoAt(at), (await read())[indices[at]]),
    actions: [
      { icon: "sliders", label: t("adjust.title"), run: change, able: (at) => adjustable(batch(), photoAt(at)) },
      { icon: "download", label: t("photo.save"), run: (at) => act(at, saveBlob), able: done },
      ...(navigator.canShare ? [{ icon: "share", label: t("photo.share"), run: (at) => act(at, sendFile), able: done }] : []),
    ],
    onclose: (at) => {
      turn.abort();
      onclose(indices[at]);
    },
  });
  return {
    changed() {
      const now = photoAt(viewer.index);
      if (now?.status !== seen?.status || now?.result?.sha256 !== seen?.result?.sha256) viewer.refresh();
    },
  };
}

async function load(task, photo, signal) {
  if (!photo?.result) {
    const said = photo?.error ? reasonOf(photo) : t(`photo.${photo?.status ?? "queued"}`);
    const before = photo?.source.startsWith("upload:") && await original(task, photo, signal).catch(() => null);
    return { name: photo?.name ?? "", before: before || null, after: null, width: 0, height: 0, error: said };
  }
  const [before, file] = await Promise.all([original(task, photo, signal).catch(() => null), fileOf(photo, signal)]);
  const after = await shows(file) ? file : await blob(photo.result.thumbnail_url, signal);
  const { width, height, faces } = photo.result;
  const error = photo.adjust_error ? t("adjust.failed", { why: reasonOf({ error: photo.adjust_error }) })
    : photo.status === "succeeded" ? null : t(`photo.${photo.status}`);
  return { name: photo.name, before, after, file, width, height, faces, error };
}

/** The photo as it came, as a picture that this browser can show; null for none. */
async function original(task, photo, signal) {
  const file = await blob(`/batch/${task}/photos/${photo.index}/original`, signal);
  if (await shows(file)) return file;
  if (!photo.source.startsWith("upload:")) return null;
  return unchanged(photo.source, LARGE, signal);
}

/** Say whether this browser can show a file: TIFF none does, HEIC few. */
async function shows(file) {
  return createImageBitmap(file, { resizeWidth: 8 }).then((bitmap) => {
    bitmap.close();
    return true;
  }, () => false);
}

/** Return the result of a photo, or its original, as a File under the name that the service gives it. */
export async function fileOf(photo, signal, url = photo.result.url) {
  const { answer, content } = await download(url, signal);
  return new File([content], fileName(answer) ?? photo.name, { type: content.type });
}

async function lines(task) {
  const text = await (await send("GET", `/batch/${task}/manifest.jsonl`)).text();
  return text.trim().split("\n").map((line) => JSON.parse(line));
}

function details(photo, line) {
  const { result } = photo;
  const timings = line?.timings_ms ?? photo.timings_ms;
  const time = timings && Object.values(timings).reduce((sum, ms) => sum + ms, 0);
  const rows = {
    name: photo.name,
    source: photo.source.startsWith("upload:") ? null : photo.source.split("?")[0],
    status: t(`photo.${photo.status}`),
    reason: reasonOf(photo) || null,
    size: result && `${result.width} × ${result.height}`,
    bytes: result && bytes(result.bytes),
    format: result?.format.toUpperCase(),
    preset: line && `${line.preset.id ?? line.preset.type} · v${line.preset.version}`,
    notes: photo.notes.map((note) => known(`notes.${note}`) ? t(`notes.${note}`) : note).join(" · ") || null,
    faces: result?.faces?.length ? count(result.faces) : null,
    orientation: line?.orientation > 1 ? t("photo.turned") : null,
    profile: line && line.profile_kept !== null ? t(line.profile_kept ? "yes" : "no") : null,
    attempts: photo.attempts > 1 ? number(photo.attempts) : null,
    time: time ? t("photo.ms", { n: Math.round(time) }) : null,
    input: line?.input_sha256?.slice(0, 16),
    output: result?.sha256.slice(0, 16),
  };
  return Object.entries(rows).filter(([, value]) => value !== null && value !== undefined && value !== "")
    .map(([name, value]) => [t(`details.${name}`), String(value)]);
}
