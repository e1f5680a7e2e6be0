// Results onto this device: one, all as a ZIP file, or into a folder.

import { apiKey, ask, download, pause, Problem, send } from "/web/parts/api.js";
import { dialog } from "/web/parts/dialog.js";
import { h } from "/web/parts/dom.js";
import { t } from "/web/parts/i18n.js";
import { presetName } from "/web/results/names.js";
import { toast } from "/web/parts/toast.js";
import { inParallel } from "/web/parts/parallel.js";

const PAGE = 500, AT_ONCE = 4, FEW = 3;
const HOUR = 3600;
const archives = new Map(); // task → {url, until}: the link to its ZIP file

/** Hand a File to the browser's downloads. */
export function saveBlob(file) {
  const url = URL.createObjectURL(file);
  follow(url, file.name);
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** Give a File to another app of the device. */
export async function sendFile(file) {
  if (navigator.canShare?.({ files: [file] })) await navigator.share({ files: [file] });
  else saveBlob(file);
}

/**
 * Save results as one ZIP file: all, or those of `photos`, or their `originals`. A download shows no key: with one it
 * goes by a link that ends within the hour.
 */
export async function saveAll(batch, { photos = null, originals = false } = {}) {
  const { task_id: task } = batch;
  const query = new URLSearchParams({ ...(photos ? { photos: ranges(photos) } : {}), ...(originals ? { of: "originals" } : {}) });
  await ask("GET", `/batch/${task}`); // a download that fails to begin would tell nobody
  if (!apiKey()) return follow(`/api/v1/batch/${task}/archive.zip${query.size ? `?${query}` : ""}`, "");
  if (!(archives.get(task)?.until > Date.now())) {
    const { url } = await ask("POST", `/batch/${task}/share`, { json: { expires_in_s: HOUR, originals: true } });
    archives.set(task, { url: url.replace("?", "/archive.zip?"), until: Date.now() + (HOUR / 2) * 1000 });
  }
  follow(archives.get(task).url + (query.size ? `&${query}` : ""), "");
}

/** Save the results of some photos, or their originals: one as it is, several as a ZIP file. Raises Problem. */
export async function saveSome(batch, photos, { originals = false } = {}) {
  if (!photos.length) return toast(t("photo.none"));
  if (photos.length > 1) return saveAll(batch, { photos: photos.map(({ index }) => index), originals });
  const [photo] = photos;
  const path = originals ? `/batch/${batch.task_id}/photos/${photo.index}/original` : photo.result.url;
  const { answer, content } = await download(path);
  saveBlob(new File([content], fileName(answer) ?? photo.name, { type: content.type }));
}

/** Write indices as the service reads them: 0-4,7. */
function ranges(indices) {
  const spans = [];
  for (const index of [...indices].sort((a, b) => a - b)) {
    if (spans.at(-1)?.[1] === index - 1) spans.at(-1)[1] = index;
    else spans.push([index, index]);
  }
  return spans.map(([first, last]) => (first === last ? first : `${first}-${last}`)).join();
}

/** Its link was ended: the next ZIP file needs another one. */
export function forgetArchive(task) {
  archives.delete(task);
}

/**
 * Write all results, or those of `some` photos, into a folder of their own in one that the person chooses, never over
 * what else is there. Again, it goes on where it broke off.
 */
export async function saveToFolder(batch, some = null) {
  const chosen = await window.showDirectoryPicker({ mode: "readwrite" });
  const name = `${batch.name ?? await presetName(batch.preset)} ${batch.created_at.slice(0, 10)} ${batch.task_id.slice(-5)}`;
  const folder = await chosen.getDirectoryHandle(name.replace(/[^\p{L}\p{N} _-]/gu, "_"), { create: true });
  const ends = new AbortController();
  const bar = h("progress", { max: some?.length ?? batch.counts.succeeded, value: 0, "aria-label": t("saving.title") });
  const said = h("p", { class: "soft" });
  const sheet = dialog({ "aria-label": t("saving.title") }, h("div", { class: "stack" },
    h("h2", {}, t("saving.title")), bar, said,
    h("div", { class: "row end" }, h("button", { onclick: () => sheet.close() }, t("cancel")))));
  sheet.addEventListener("close", () => ends.abort());
  try {
    const names = new Set();
    let done = 0;
    for (let cursor = null; ; ) {
      const query = { status: "succeeded", limit: PAGE, cursor };
      const page = some ? { items: some } : await ask("GET", `/batch/${batch.task_id}/photos`, { query, signal: ends.signal });
      await inParallel(page.items, AT_ONCE, async (photo) => {
        await write(folder, photo, names, ends.signal);
        bar.value = done += 1;
        said.textContent = t("saving.progress", { done, n: bar.max });
      });
      if (!page.next_cursor) break;
      cursor = page.next_cursor;
    }
    toast(t("saving.done", { n: done, folder: folder.name }));
  } finally {
    sheet.close();
  }
}

async function write(folder, photo, names, signal) {
  let name = null;
  for (let attempt = 1; ; attempt++) {
    try {
      const answer = await send("GET", photo.result.url, { signal });
      name ??= unused(fileName(answer) ?? photo.name, names);
      const handle = await folder.getFileHandle(name, { create: true });
      if ((await handle.getFile()).size === photo.result.bytes) return await answer.body.cancel();
      return await answer.body.pipeTo(await handle.createWritable(), { signal }); // there once it is whole
    } catch (error) {
      const passing = error instanceof Problem ? error.passing : error instanceof TypeError; // the connection broke off
      if (passing && attempt < FEW) {
        await pause(1000 * attempt, signal);
        continue;
      }
      if (name) await folder.removeEntry(name).catch(() => {});
      throw error;
    }
  }
}

/** The name that the service gives a file. */
export function fileName(answer) {
  const said = answer.headers.get("Content-Disposition") ?? "";
  const coded = /filename\*=UTF-8''([^;]+)/i.exec(said), plain = /filename="([^"]+)"/i.exec(said);
  return coded ? decodeURIComponent(coded[1]) : plain?.[1] ?? null;
}

function unused(name, names) {
  const dot = name.lastIndexOf(".");
  const folded = (name) => name.normalize("NFC").toLowerCase(); // what file systems take for the same name
  let free = name;
  for (let n = 2; names.has(folded(free)); n++) free = `${name.slice(0, dot)} (${n})${name.slice(dot)}`;
  names.add(folded(free));
  return free;
}

function follow(url, name) {
  const link = h("a", { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
}
