// Where to erase: the photos, each to be painted on.

import { unchanged } from "/web/parts/api.js";
import { h, icon } from "/web/parts/dom.js";
import { t } from "/web/parts/i18n.js";
import { paintMask } from "/web/paint/mask.js";
import { sizeOf, smaller } from "/web/parts/pictures.js";
import { toast } from "/web/parts/toast.js";
import { uploaded } from "/web/choosing/uploads.js";

const SHOWN = 1600, SMALL = 1024;
const LISTED = 200; // painted by hand: nobody gets farther

/** The photos on which something is marked: only those are handed in. */
export function marked(draft) {
  return draft.photos.filter((photo) => photo.mask);
}

/**
 * Return the list of photos with a button each to paint on it; `thumbs` makes their pictures as they come into sight,
 * `onchange` is called when a mask has changed.
 */
export function eraseList(draft, thumbs, onchange) {
  const photos = draft.photos.filter((photo) => photo.file).slice(0, LISTED);
  const seen = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (isIntersecting) thumbs.want(target.photo.id, target.photo, (url) => { target.src = url; });
    }
  });
  const rows = photos.map((photo) => row(draft, photo, seen, onchange));
  return h("div", { class: "erase stack" },
    h("p", {}, t("erase.how")),
    photos.length < draft.photos.length ? h("p", { class: "soft small" }, t("erase.some", { n: photos.length })) : null,
    h("ul", { class: "plain-list" }, rows));
}

function row(draft, photo, seen, onchange) {
  const image = Object.assign(h("img", { alt: "" }), { photo });
  seen.observe(image);
  const said = h("span", { class: "small" });
  const paint = h("button", { type: "button" }, icon("brush"), t("erase.paint"));
  const show = () => {
    said.textContent = photo.mask ? t("erase.marked") : photo.strokes?.length ? t("erase.begun") : t("erase.unmarked");
    said.classList.toggle("good", Boolean(photo.mask));
  };
  paint.setAttribute("aria-label", t("erase.paintOn", { name: photo.name }));
  paint.addEventListener("click", async () => {
    paint.disabled = true;
    try {
      if (await painted(draft, photo)) onchange();
    } catch (problem) {
      toast(problem.message);
    }
    paint.disabled = false;
    show();
    paint.focus();
  });
  show();
  return h("li", { class: "row" }, image, h("span", { class: "grow stack tight" }, h("span", { class: "ellipsis" }, photo.name), said), paint);
}

async function painted(draft, photo) {
  const before = JSON.stringify(photo.strokes);
  const answer = await paintMask({ ...await shown(draft, photo), strokes: photo.strokes ?? [], changed: (strokes) => draft.update(photo, { strokes }) });
  if (!answer || (photo.mask && JSON.stringify(answer.strokes) === before)) return false;
  draft.update(photo, { ...answer, maskUpload: null });
  return true;
}

/** A picture of the photo to paint on, and the photo's own size. */
async function shown(draft, photo) {
  const size = await sizeOf(photo.file);
  if (size) return { picture: await smaller(photo.file, Math.min(SHOWN, size.width)), ...size };
  const made = await uploaded(draft, photo);
  const image = await unchanged(made.source, SMALL);
  const { width, height } = await sizeOf(image); // its shape is the photo's: a mask is as large as one likes
  return { picture: image, width, height };
}
