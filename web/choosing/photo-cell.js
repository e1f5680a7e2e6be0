// One of the photos that are chosen, small.

import { Problem, unchanged } from "/web/parts/api.js";
import { h, icon } from "/web/parts/dom.js";
import { quickThumbnail, smaller } from "/web/parts/pictures.js";
import { Thumbs } from "/web/parts/thumbs.js";
import { shownAs, showable } from "/web/choosing/uploads.js";

const SIDE = 320;

/** Thumbnails of chosen photos: the EXIF's at once, then a sharp one. */
export function photoThumbs(draft) {
  return new Thumbs([
    (photo) => photo.file && quickThumbnail(photo.file),
    (photo) => showable(photo) && small(draft, photo),
  ]);
}

/** A thumbnail that this device makes, or, of a format that the browser does not know, the service. */
async function small(draft, photo) {
  try {
    if (photo.file) return await smaller(photo.file, SIDE);
  } catch {
    if (photo.error) return null;
  }
  try {
    return await unchanged(await shownAs(draft, photo), SIDE);
  } catch (problem) {
    if (problem instanceof Problem && problem.ofTheFile) draft.update(photo, { error: problem.message });
    throw problem;
  }
}

/** A cell of the grid: the photo with its number of `index` among those that are chosen. */
export function cell(draft, thumbs) {
  const image = h("img", { alt: "", draggable: "false", hidden: true });
  const kind = h("span", { class: "kind" });
  const own = h("span", { class: "own-dot", hidden: true });
  const element = h("div", { class: "photo" }, kind, image, own, h("span", { class: "badge" }, icon("warning")), h("span", { class: "tick" }, icon("check")));
  let takeBack = () => {};
  return {
    element,
    show(index) {
      const photo = draft.photos[index];
      element.dataset.status = photo.error ? "failed" : "";
      element.title = photo.error ?? "";
      own.hidden = photo.own?.preset !== draft.settings.preset;
      if (element.dataset.id === photo.id) return;
      this.clear();
      element.dataset.id = photo.id;
      kind.textContent = showable(photo) ? photo.name.split(".").pop().slice(0, 4) : photo.name;
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
