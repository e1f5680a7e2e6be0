// What scripts add to the page behind a share link: a viewer, and on phones the way into the album.

import { download } from "/web/parts/api.js";
import { h, icon } from "/web/parts/dom.js";
import { t } from "/web/parts/i18n.js";
import { hasAlbum, toAlbum } from "/web/results/album.js";
import { fileName, saveBlob, sendFile } from "/web/results/save.js";
import { openViewer } from "/web/results/viewer.js";
import { toast } from "/web/parts/toast.js";

const links = [...document.querySelectorAll(".shared-grid a")];
const photos = links.map((link) => ({
  link,
  name: link.firstElementChild.alt,
  original: link.dataset.original ?? null,
  result: { url: link.getAttribute("href"), width: Number(link.dataset.width), height: Number(link.dataset.height), bytes: Number(link.dataset.bytes) },
}));

for (const [place, link] of links.entries()) {
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open(place);
  });
}
if (hasAlbum() && photos.length) {
  const save = document.getElementById("save");
  for (const link of save.querySelectorAll(".primary")) link.classList.remove("primary");
  save.prepend(h("button", { type: "button", class: "primary", onclick: () => toAlbum(photos.map((photo) => ({ photo }))) }, icon("photos"), t("album.save")));
}

function open(index) {
  let turn = new AbortController();
  let held = null; // the result that is shown
  const act = (work) => async (at) => {
    try {
      await work(held?.at === at ? held.file : await file(photos[at].result.url, photos[at].name));
    } catch (error) {
      if (error.name !== "AbortError") toast(error.message);
    }
  };
  openViewer({
    count: photos.length,
    index,
    quick: (at) => (photos[at].link.firstElementChild.complete ? photos[at].link.firstElementChild.src : null),
    shape: (at) => photos[at].result,
    load: async (at) => {
      turn.abort();
      turn = new AbortController();
      const { name, original, result } = photos[at];
      const [before, after] = await Promise.all([
        original && file(original, name, turn.signal).catch(() => null), file(result.url, name, turn.signal),
      ]);
      held = { at, file: after };
      return { name, before, after, width: result.width, height: result.height, faces: null, error: null };
    },
    describe: (at) => [
      [t("details.name"), photos[at].name], [t("details.size"), `${photos[at].result.width} × ${photos[at].result.height}`],
    ],
    actions: [
      { icon: "download", label: t("photo.save"), run: act(saveBlob) },
      ...(navigator.canShare ? [{ icon: "share", label: t("photo.share"), run: act(sendFile) }] : []),
    ],
    onclose: (at) => {
      turn.abort();
      links[at].focus();
    },
  });
}

async function file(url, name, signal) {
  const { answer, content } = await download(url, signal);
  return new File([content], fileName(answer) ?? name, { type: content.type });
}
