// One photo of a batch, seen large: before and after, how it came about, and what to do with it.

import { blob, previews, reason, send } from "/web/api.js";
import { bytes, known, number, t } from "/web/i18n.js";
import { fileName, saveBlob, sendFile } from "/web/save.js";
import { openViewer } from "/web/viewer.js";

const MANIFEST_UP_TO = 2000; // photos; beyond that it is long to wait for
const LARGE = 1024;

/** Why a photo has no result, and what to do about it. */
export function reasonOf({ error }) {
  return error ? reason(error.code, error.message) : "";
}

export function showPhoto({ batch, list, indices, place, onclose }) {
  let manifest = null;
  const photoAt = (at) => list.photos[indices[at]];
  openViewer({
    count: indices.length,
    index: place,
    load: (at) => load(batch, photoAt(at)),
    describe: async (at) => {
      manifest ??= batch.counts.total <= MANIFEST_UP_TO ? lines(batch.task_id) : Promise.resolve([]);
      return details(photoAt(at), (await manifest)[indices[at]]);
    },
    actions: [
      { icon: "download", label: t("photo.save"), run: async (at) => photoAt(at)?.result && saveBlob(await fileOf(photoAt(at))) },
      ...(navigator.canShare ? [{ icon: "share", label: t("photo.share"), run: async (at) => photoAt(at)?.result && sendFile(await fileOf(photoAt(at))) }] : []),
    ],
    onclose: (at) => onclose(at ?? place),
  });
}

async function load(batch, photo) {
  if (!photo?.result) {
    const said = photo?.error ? reasonOf(photo) : t(`photo.${photo?.status ?? "queued"}`);
    return { name: photo?.name ?? "", before: null, after: null, width: 0, height: 0, error: said };
  }
  const [before, after] = await Promise.all([original(batch, photo).catch(() => null), blob(photo.result.url)]);
  const { width, height } = photo.result;
  return { name: photo.name, before, after, width, height, error: null };
}

/** The photo as it came, as a picture that this browser can show; null for none. */
async function original(batch, photo) {
  const file = await blob(`/batch/${batch.task_id}/photos/${photo.index}/original`);
  try {
    (await createImageBitmap(file, { resizeWidth: 8 })).close();
    return file;
  } catch {
    if (!photo.source.startsWith("upload:")) return null;
    const [{ image }] = await previews(photo.source, [{ preset_type: "color" }], LARGE); // HEIC, TIFF
    return image;
  }
}

async function fileOf(photo) {
  const answer = await send("GET", photo.result.url);
  const content = await answer.blob();
  return new File([content], fileName(answer) ?? photo.name, { type: content.type });
}

async function lines(task) {
  const text = await (await send("GET", `/batch/${task}/manifest.jsonl`)).text();
  return text.trim().split("\n").map((line) => JSON.parse(line));
}

function details(photo, line) {
  const { result } = photo;
  const time = photo.timings_ms && Object.values(photo.timings_ms).reduce((sum, ms) => sum + ms, 0);
  const rows = {
    name: photo.name,
    source: photo.source.startsWith("upload:") ? null : photo.source.split("?")[0],
    status: t(`photo.${photo.status}`),
    reason: reasonOf(photo) || null,
    size: result && `${result.width} × ${result.height}`,
    bytes: result && bytes(result.bytes),
    format: result?.format.toUpperCase(),
    preset: line && `${line.preset.id ?? line.preset.type} · v${line.preset.version}`,
    engine: photo.engine,
    notes: photo.notes.map((note) => known(`notes.${note}`) ? t(`notes.${note}`) : note).join(" · ") || null,
    orientation: line?.orientation,
    profile: line && line.profile_kept !== null ? t(line.profile_kept ? "yes" : "no") : null,
    attempts: photo.attempts > 1 ? number(photo.attempts) : null,
    time: time ? t("photo.ms", { n: Math.round(time) }) : null,
    input: line?.input_sha256?.slice(0, 16),
    output: result?.sha256.slice(0, 16),
  };
  return Object.entries(rows).filter(([, value]) => value !== null && value !== undefined && value !== "")
    .map(([name, value]) => [t(`details.${name}`), String(value)]);
}
