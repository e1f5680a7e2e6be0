// Boxes around the faces that were found in a photo. They lie in a layer that covers its picture.

import { h, icon } from "/web/parts/dom.js";
import { t } from "/web/parts/i18n.js";

const AROUND = 0.08; // of a face's size: the line does not touch the face

/** Return a box around a face; `tag` and `properties` as of `h`. */
export function faceBox(face, tag = "span", properties = {}) {
  const element = h(tag, { ...properties, class: "face" }, h("span", { class: "off" }, icon("face-off")));
  const [left, top, width, height] = face.box;
  const [across, along] = [width * AROUND, height * AROUND];
  const place = { left: left - across, top: top - along, width: width + 2 * across, height: height + 2 * along };
  for (const [side, part] of Object.entries(place)) element.style[side] = `${part * 100}%`;
  mark(element, face);
  return element;
}

/** How many faces there are, and how many of them are retouched, in words. */
export function count(faces) {
  if (!faces.length) return t("faces.none");
  return t("faces.count", { n: faces.length, kept: faces.filter(({ retouched }) => retouched).length });
}

/** Let a box show whether its face is retouched. */
export function mark(element, { retouched }) {
  element.classList.toggle("left-out", !retouched);
}
