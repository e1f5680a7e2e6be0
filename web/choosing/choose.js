// The first step: which photos.

import { Problem, unchanged } from "/web/parts/api.js";
import { dialog } from "/web/parts/dialog.js";
import { h, icon } from "/web/parts/dom.js";
import { Grid } from "/web/parts/grid.js";
import { bytes, t } from "/web/parts/i18n.js";
import { photosIn } from "/web/choosing/incoming.js";
import { quickThumbnail, smaller } from "/web/parts/pictures.js";
import { Thumbs } from "/web/parts/thumbs.js";
import { toast } from "/web/parts/toast.js";
import { uploaded } from "/web/choosing/uploads.js";

const RAW = ["dng", "cr2", "cr3", "crw", "nef", "nrw", "arw", "raf", "rw2", "orf", "pef", "srw", "mrw", "x3f"];
const ACCEPTED = ["image/*", ...["heic", "heif", "avif", "tif", "tiff", "bmp", ...RAW].map((name) => `.${name}`)].join();
const NAMED = new RegExp(`\\.(jpe?g|png|webp|avif|hei[cf]|tiff?|bmp|gif|${RAW.join("|")})$`, "i");
const SIDE = 320;

export function chooseView(draft) {
  const selected = new Set();
  let last = 0; // what was toggled last: a range goes from there
  let ranging = false;

  const thumbs = photoThumbs(draft);
  const grid = new Grid({
    name: t("choose.grid"),
    make: () => cell(draft, thumbs, selected),
    label: (index) => [draft.photos[index].name, draft.photos[index].error].filter(Boolean).join(": "),
    selected: (index) => selected.has(draft.photos[index]?.id),
    open: toggle,
  });
  const picker = h("input", { type: "file", multiple: true, accept: ACCEPTED, tabindex: "-1", "aria-hidden": "true",
    onchange: () => {
      take([...picker.files]);
      picker.value = "";
    } });
  const folder = h("input", { type: "file", webkitdirectory: true, tabindex: "-1", "aria-hidden": "true",
    onchange: () => {
      take([...folder.files]);
      folder.value = "";
    } });
  const count = h("p", { class: "grow", "aria-live": "polite" });
  const some = h("div", { class: "tools row", role: "toolbar", "aria-label": t("choose.tools") });
  const next = h("button", { class: "primary", onclick: () => { location.hash = "#/look"; } }, t("choose.next"), icon("right"));
  const bar = h("footer", { class: "bar row" }, count, next);
  const empty = invitation(() => picker.click(), askForAddresses);
  const element = h("section", { class: "view choose", "aria-label": t("choose.title") },
    h("h1", { class: "sr-only" }, t("choose.title")), picker, folder, some, empty, grid.element, bar);

  function toggle(index, event) {
    const { id } = draft.photos[index];
    if (event.shiftKey || ranging) {
      const [from, to] = [Math.min(last, index), Math.max(last, index)];
      for (const photo of draft.photos.slice(from, to + 1)) selected.add(photo.id);
    } else if (!selected.delete(id)) selected.add(id);
    last = index;
    ranging = false;
    if (draft.photos[index].error) toast(`${draft.photos[index].name}: ${draft.photos[index].error}`);
    grid.refreshAll();
    showTools();
  }

  function showTools() {
    const button = (symbol, label, onclick, properties = {}) => h("button", { type: "button", onclick, ...properties }, icon(symbol), label);
    const known = draft.photos.length > 0;
    some.hidden = !known;
    const tools = selected.size
      ? [h("strong", { class: "grow" }, t("choose.selected", { n: selected.size })),
         button("range", t("choose.range"), () => { ranging = !ranging; showTools(); }, { "aria-pressed": String(ranging) }),
         button("trash", t("choose.remove"), removeSelected),
         button("close", t("choose.none"), () => { selected.clear(); refresh(); })]
      : [button("plus", t("choose.add"), () => picker.click()),
         ...(matchMedia("(pointer: fine)").matches ? [button("folder", t("choose.folder"), () => folder.click())] : []),
         button("link", t("choose.urls"), askForAddresses),
         button("check", t("choose.all"), () => { draft.photos.forEach(({ id }) => selected.add(id)); refresh(); })];
    const focused = some.contains(document.activeElement);
    some.replaceChildren(...tools);
    if (focused) (some.querySelector("button") ?? empty.querySelector("button"))?.focus();
  }

  function removeSelected() {
    const gone = new Set(selected);
    for (const photo of draft.photos) if (gone.has(photo.id)) thumbs.forget(photo.id);
    selected.clear();
    draft.remove(gone);
    toast(t("choose.removed", { n: gone.size }));
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

/** Thumbnails of chosen photos: the EXIF's at once, then a sharp one. */
export function photoThumbs(draft) {
  return new Thumbs([
    (photo) => photo.file && quickThumbnail(photo.file),
    (photo) => photo.file && small(draft, photo),
  ]);
}

/** A thumbnail that this device makes, or, of a format that the browser does not know, the service. */
async function small(draft, photo) {
  try {
    return await smaller(photo.file, SIDE);
  } catch {
    if (photo.error) return null;
  }
  try {
    const { source } = await uploaded(draft, photo);
    return await unchanged(source, SIDE);
  } catch (problem) {
    if (problem instanceof Problem && problem.ofTheFile) draft.update(photo, { error: problem.message });
    throw problem;
  }
}

function cell(draft, thumbs, selected) {
  const image = h("img", { alt: "", draggable: "false", hidden: true });
  const kind = h("span", { class: "kind" });
  const element = h("div", { class: "photo" }, kind, image, h("span", { class: "badge" }, icon("warning")), h("span", { class: "tick" }, icon("check")));
  let takeBack = () => {};
  return {
    element,
    show(index) {
      const photo = draft.photos[index];
      element.classList.toggle("selected", selected.has(photo.id));
      element.dataset.status = photo.error ? "failed" : "";
      element.title = photo.error ?? "";
      if (element.dataset.id === photo.id) return;
      this.clear();
      element.dataset.id = photo.id;
      kind.textContent = photo.file ? photo.name.split(".").pop().slice(0, 4) : photo.name;
      takeBack = thumbs.want(photo.id, photo, (url) => {
        image.src = url;
        image.hidden = false;
      });
    },
    clear() {
      takeBack();
      image.hidden = true;
      image.removeAttribute("src");
      delete element.dataset.id;
    },
  };
}

function invitation(choose, urls) {
  return h("div", { class: "invitation" },
    icon("photos"),
    h("h2", {}, t("choose.invitation")),
    h("p", { class: "soft" }, t("choose.hint")),
    h("button", { class: "primary big", onclick: choose }, icon("plus"), t("choose.pick")),
    h("button", { class: "plain", onclick: urls }, icon("link"), t("choose.urls")));
}

function isPhoto(file) {
  return file.type.startsWith("image/") || NAMED.test(file.name);
}

function addPasted(text, draft) {
  const urls = text.split(/\s+/).filter((word) => /^https?:\/\/./.test(word) && URL.canParse(word));
  if (urls.length) draft.add({ urls });
}
