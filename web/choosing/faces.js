// Which faces of the photo in the preview are retouched: boxes to press.

import { h, icon } from "/web/parts/dom.js";
import { count, faceBox, mark } from "/web/parts/faces.js";
import { t } from "/web/parts/i18n.js";

/** `chosen(faces)` is called with the photo's parameter `faces` when somebody has changed it. */
export class FaceChoice {
  #faces = []; // from left to right
  #boxes = []; // one for each

  constructor(chosen) {
    this.chosen = chosen;
    const label = { role: "group", "aria-label": t("faces.group") };
    this.layer = h("div", { class: "faces", ...label, onclick: (event) => this.#pressed(event) });
    this.hint = h("p", { class: "hint", role: "status" });
    this.all = h("button", { type: "button", class: "plain", onclick: () => this.#turnAll() });
    this.show(null);
  }

  /** Show the faces of a picture of a shape (its width by its height), as the service treated them; null: none. */
  show(faces, shape = 1) {
    const before = places(this.#faces);
    this.#faces = (faces ?? []).filter(({ box }) => box[2] && box[3]).sort((a, b) => a.box[0] - b.box[0]);
    if (places(this.#faces) !== before) { // else the focus stays where it is
      this.#boxes = this.#faces.map((face) => faceBox(face, "button", { type: "button" }));
      this.layer.replaceChildren(...this.#boxes);
    }
    this.layer.style.setProperty("--shape", shape);
    this.hint.hidden = faces === null;
    this.#mark();
  }

  #mark() {
    for (const [place, box] of this.#boxes.entries()) {
      const face = this.#faces[place];
      mark(box, face);
      box.setAttribute("aria-pressed", String(face.retouched));
      box.setAttribute("aria-label", t(face.retouched ? "faces.retouched" : "faces.leftOut", { n: place + 1 }));
    }
    const n = this.#faces.length;
    const left = this.#faces.filter(({ retouched }) => !retouched).length;
    this.hint.textContent = n && !left ? t("faces.hint") : count(this.#faces);
    this.all.disabled = !n;
    this.all.replaceChildren(...n && left === n ? [icon("face"), t("faces.takeAll")] : [icon("face-off"), t("faces.leaveAll")]);
  }

  #pressed(event) {
    const face = this.#faces[this.#boxes.indexOf(event.detail ? this.#nearest(event) : event.target.closest(".face"))];
    if (!face) return;
    face.retouched = !face.retouched;
    this.#changed();
  }

  #turnAll() {
    const retouched = this.#faces.every((face) => !face.retouched);
    for (const face of this.#faces) face.retouched = retouched;
    this.#changed();
  }

  #changed() {
    this.#mark();
    this.chosen(parameter(this.#faces));
  }

  /** The areas to press of small faces reach over their neighbours: the face under the pointer, or next to it, is meant. */
  #nearest({ clientX, clientY }) {
    const beside = (low, at, high) => Math.max(low - at, 0, at - high);
    const [meant] = document.elementsFromPoint(clientX, clientY).filter((element) => this.#boxes.includes(element)).map((element) => {
      const { left, right, top, bottom, width, height } = element.getBoundingClientRect();
      return { element, away: Math.hypot(beside(left, clientX, right), beside(top, clientY, bottom)), area: width * height };
    }).sort((a, b) => a.away - b.away || a.area - b.area);
    return meant?.element;
  }
}

function places(faces) {
  return JSON.stringify(faces.map(({ box }) => box));
}

/** Return the parameter `faces` by which these faces are treated as they are marked. */
function parameter(faces) {
  const kept = faces.filter(({ retouched }) => retouched);
  if (kept.length === faces.length) return "all";
  if (!kept.length) return "none";
  return { unit: "fraction", boxes: kept.map(({ box }) => core(box)) };
}

/** The middle part of a face's box: no middle of another face lies in it, and boxes found in the full photo may differ. */
function core([left, top, width, height]) {
  return [left + width / 4, top + height / 4, width / 2, height / 2];
}
