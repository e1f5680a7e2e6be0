// The first step: which photos.

import { dialog } from "/web/parts/dialog.js";
import { h, icon } from "/web/parts/dom.js";
import { Grid } from "/web/parts/grid.js";
import { bytes, t } from "/web/parts/i18n.js";
import { photosIn } from "/web/choosing/incoming.js";
import { invitation } from "/web/choosing/invitation.js";
import { lookAt } from "/web/choosing/look-at.js";
import { cell, photoThumbs } from "/web/choosing/photo-cell.js";
import { Selection } from "/web/parts/selection.js";
import { toast } from "/web/parts/toast.js";

const RAW = ["dng", "cr2", "cr3", "crw", "nef", "nrw", "arw", "raf", "rw2", "orf", "pef", "srw", "mrw", "x3f"];
const ACCEPTED = ["image/*", ...["heic", "heif", "avif", "tif", "tiff", "bmp", ...RAW].map((name) => `.${name}`)].join();
const FINE = matchMedia("(pointer: fine)").matches;
const NAMED = new RegExp(`\\.(jpe?g|png|webp|avif|hei[cf]|tiff?|bmp|gif|${RAW.join("|")})$`, "i");

export function chooseView(draft) {
  const selection = new Selection(() => draft.photos.map(({ id }) => id));
  const thumbs = photoThumbs(draft);
  const grid = new Grid({
    name: t("choose.grid"),
    make: () => cell(draft, thumbs),
    label: (index) => [draft.photos[index].name, draft.photos[index].error].filter(Boolean).join(": "),
    open: (index) => lookAt(draft, thumbs, selection, index, (last) => grid.focus(last)),
    selection,
    key: (index) => draft.photos[index]?.id,
    remove: removeSelected,
  });
  const picker = h("input", { type: "file", multiple: true, accept: ACCEPTED, tabindex: "-1", "aria-hidden": "true",
    onchange: () => {
      take([...picker.files]);
      picker.value = "";
    } });
  const folder = h("input", { type: "file", webkitdirectory: true, tabindex: "-1", "aria-hidden": "true",
    onchange: () => {
      const [name] = folder.files[0]?.webkitRelativePath.split("/") ?? [];
      if (name && !draft.photos.length) draft.set({ name: name.slice(0, 200) });
      take([...folder.files]);
      folder.value = "";
    } });
  const count = h("p", { class: "grow", "aria-live": "polite" });
  const some = h("div", { class: "tools row", role: "toolbar", "aria-label": t("choose.tools") });
  const next = h("button", { class: "primary", onclick: () => { location.hash = "#/look"; } }, t("choose.next"), icon("right"));
  const bar = h("footer", { class: "bar row" }, count, next);
  const empty = invitation({ pick: () => picker.click(), urls: askForAddresses, take });
  const element = h("section", { class: "view choose", "aria-label": t("choose.title") },
    h("h1", { class: "sr-only" }, t("choose.title")), picker, folder, some, empty, grid.element, bar);

  function showTools() {
    const button = (symbol, label, onclick) => h("button", { type: "button", onclick }, icon(symbol), label);
    some.hidden = !draft.photos.length;
    const tools = selection.active
      ? [h("strong", { class: "grow" }, t("choose.selected", { n: selection.size })),
         button("check", t("choose.all"), () => selection.all()),
         ...(selection.size ? [button("trash", t("choose.remove"), removeSelected)] : []),
         button("close", t("choose.none"), () => selection.clear())]
      : [button("plus", t("choose.add"), () => picker.click()),
         ...(FINE ? [button("folder", t("choose.folder"), () => folder.click())] : []),
         button("link", t("choose.urls"), askForAddresses),
         button("check", t("select.begin"), () => selection.begin())];
    const focused = some.contains(document.activeElement);
    some.replaceChildren(...tools);
    if (focused) (some.querySelector("button") ?? empty.querySelector("button"))?.focus();
  }

  function removeSelected() {
    const gone = new Set(selection.chosen());
    for (const id of gone) thumbs.forget(id);
    selection.clear();
    const removed = draft.remove(gone);
    toast(t("choose.removed", { n: gone.size }), { label: t("undo"), run: () => draft.putBack(removed) });
  }

  function refresh() {
    const { photos } = draft;
    const size = photos.reduce((sum, photo) => sum + (photo.file?.size ?? 0), 0);
    empty.hidden = photos.length > 0;
    bar.hidden = photos.length === 0;
    count.textContent = [t("photos", { n: photos.length }), size ? bytes(size) : null].filter(Boolean).join(" · ");
    grid.setCount(photos.length);
    grid.refreshAll();
    showTools();
  }

  function take(found) {
    const files = found.filter(isPhoto);
    const fresh = draft.add({ files });
    const told = [];
    if (found.length > files.length) told.push(t("choose.noPhotos", { n: found.length - files.length }));
    if (files.length > fresh) told.push(t("choose.there", { n: files.length - fresh }));
    if (told.length) toast(told.join(" "));
  }

  function askForAddresses() {
    const input = h("textarea", { id: "urls", placeholder: "https://…", rows: "6", spellcheck: "false" });
    const wrong = h("p", { class: "bad small", role: "alert" });
    const form = h("form", { class: "stack", method: "dialog", onsubmit: (event) => {
      const lines = input.value.split(/[\r\n]+/).map((line) => line.trim()).filter(Boolean);
      const bad = lines.find((line) => !/^(https?|s3|gs|az):\/\/./i.test(line) || !URL.canParse(line));
      if (bad) {
        event.preventDefault();
        wrong.textContent = t("choose.badUrl", { url: bad.slice(0, 80) });
      } else draft.add({ urls: lines });
    } },
    h("h2", {}, t("choose.urls")),
    h("label", { for: "urls" }, t("choose.urlsLabel"), input), wrong,
    h("div", { class: "row end" },
      h("button", { type: "button", onclick: () => sheet.close() }, t("cancel")),
      h("button", { class: "primary" }, t("choose.add"))));
    const sheet = dialog({ "aria-label": t("choose.urls") }, form);
  }

  const ends = new AbortController();
  selection.addEventListener("change", showTools);
  draft.addEventListener("change", refresh, ends);
  draft.addEventListener("note", () => grid.refreshAll(), ends);
  document.addEventListener("paste", (event) => {
    if (event.target.closest?.("input, textarea, dialog")) return;
    const files = [...event.clipboardData.files];
    if (files.length) take(files);
    else addPasted(event.clipboardData.getData("text/plain"), draft);
  }, ends);
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    element.classList.add("dropping");
  }, ends);
  document.addEventListener("dragleave", (event) => event.relatedTarget ?? element.classList.remove("dropping"), ends);
  document.addEventListener("drop", async (event) => {
    event.preventDefault();
    element.classList.remove("dropping");
    take(await photosIn(event.dataTransfer));
  }, ends);
  refresh();
  return {
    element,
    title: t("choose.title"),
    leave() {
      ends.abort();
      grid.close();
      thumbs.close();
    },
  };
}

function isPhoto(file) {
  return file.type.startsWith("image/") || NAMED.test(file.name);
}

function addPasted(text, draft) {
  const urls = text.split(/\s+/).filter((word) => /^https?:\/\/./.test(word) && URL.canParse(word));
  if (urls.length) draft.add({ urls });
}
