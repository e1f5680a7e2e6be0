// One photo of a batch in the grid: its result, and until there is one its original in grey.

import { h, icon } from "/web/parts/dom.js";
import { t } from "/web/parts/i18n.js";
import { differs } from "/web/results/order.js";

const SYMBOLS = { failed: "warning", cancelled: "close" };

/** What is worth knowing of a photo at a glance, in words. */
export function badges(photo) {
  if (!photo) return [];
  return [
    photo.notes.includes("no_face") ? t("badges.noFace") : null,
    photo.reused ? t("badges.reused") : null,
    photo.notes.includes("damage_tolerated") ? t("badges.damaged") : null,
  ].filter(Boolean);
}

/** A cell; `photoAt(place)` returns what it shows, `thumbs` and `originals` make the pictures. */
export function cell(photoAt, thumbs, originals) {
  const image = h("img", { alt: "", draggable: "false", hidden: true });
  const name = h("span", { class: "kind" });
  const badge = h("span", { class: "badge" });
  const said = h("span", { class: "said-of" });
  const own = h("span", { class: "own-dot", hidden: true });
  const element = h("div", { class: "photo" }, name, image, said, own, badge, h("span", { class: "tick" }, icon("check")));
  let takeBack = () => {};
  let made = null; // of what the picture is
  return {
    element,
    show(place) {
      const photo = photoAt(place);
      const status = photo?.status ?? "queued";
      element.dataset.status = status;
      name.textContent = photo?.name ?? "";
      badge.replaceChildren(...(status in SYMBOLS ? [icon(SYMBOLS[status])] : []));
      said.replaceChildren(...badges(photo).map((words) => h("span", {}, words)));
      own.hidden = !photo || !differs(photo);
      const key = photo ? keyOf(photo) : null;
      if (key === made && key) return;
      if (made?.split(" ")[0] === String(photo?.index)) takeBack(); // its picture stays until the next one has come
      else this.clear();
      if (!key) return;
      made = key;
      takeBack = (photo.result ? thumbs : originals).want(key, photo, (url) => {
        image.src = url;
        image.hidden = false;
      });
    },
    clear() {
      takeBack();
      made = null;
      image.hidden = true;
      image.removeAttribute("src");
    },
  };
}

/** Under which key the picture of a photo is kept. */
export function keyOf({ index, result }) {
  return `${index} ${result?.sha256 ?? "before"}`;
}
