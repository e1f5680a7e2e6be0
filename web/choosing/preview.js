// The large preview: a photo with the look, the original at a press, its faces, and the way to other photos.

import { reason } from "/web/parts/api.js";
import { FaceChoice } from "/web/choosing/faces.js";
import { h, icon, iconButton } from "/web/parts/dom.js";
import { number, t } from "/web/parts/i18n.js";

/** `turn(±1)` is called when another photo is wanted, `choose(faces)` when other faces of this one are. */
export class Preview {
  #before = null;
  #after = null;

  constructor({ turn, choose }) {
    this.picture = h("img", { hidden: true });
    this.state = h("p", { class: "state soft", role: "status" });
    this.faces = new FaceChoice(choose);
    this.compare = h("button", { type: "button", class: "compare", hidden: true, "aria-pressed": "false", onclick: () => {
      this.#compare(this.compare.getAttribute("aria-pressed") === "false");
    } }, icon("compare"), t("look.compare"));
    this.place = h("span", { class: "small", "aria-live": "polite" });
    this.turns = h("div", { class: "turns", role: "group", "aria-label": t("look.which"), hidden: true },
      iconButton("left", t("viewer.previous"), { onclick: () => turn(-1) }), this.place,
      iconButton("right", t("viewer.next"), { onclick: () => turn(1) }));
    this.element = h("div", { class: "stage" },
      h("div", { class: "sight" }, this.picture, this.state, this.faces.layer),
      h("div", { class: "below" }, this.turns, this.faces.hint, this.compare));
  }

  /** Whether the original is still to be asked for. */
  get bare() {
    return this.#before === null;
  }

  /** Another photo: nothing of it is there yet. It is number `at` of `total`. */
  turnTo(photo, at, total) {
    this.#before = this.#after = null;
    this.compare.hidden = true;
    this.faces.show(null);
    this.#draw(null);
    this.picture.alt = t("look.picture", { name: photo.name });
    this.turns.hidden = total < 2;
    this.place.textContent = `${number(at)} / ${number(total)}`;
  }

  /** Something is asked for. */
  wait() {
    this.say(this.#after ? "" : t("look.working"));
    this.element.setAttribute("aria-busy", "true");
  }

  ready() {
    this.element.removeAttribute("aria-busy");
  }

  say(...words) {
    this.state.replaceChildren(...words);
  }

  /** Show the previews of a look, null where nothing is to be changed yet, and of the original, if it was asked for. */
  show(after, before) {
    this.#before = before?.image ?? this.#before;
    this.#after = after ? after.image : this.#before;
    this.compare.hidden = !after?.image;
    this.faces.show(after?.faces ?? null, after?.width / after?.height);
    this.say(after?.error ? reason(after.error.code, after.error.message) : "");
    this.#compare(false);
  }

  close() {
    this.#draw(null);
  }

  #compare(original) {
    this.compare.setAttribute("aria-pressed", String(original));
    this.faces.layer.hidden = original;
    this.#draw(original ? this.#before : this.#after);
  }

  #draw(blob) {
    if (this.picture.src) URL.revokeObjectURL(this.picture.src);
    this.picture.hidden = !blob;
    if (blob) this.picture.src = URL.createObjectURL(blob);
  }
}
