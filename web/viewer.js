// The viewer of results: openViewer shows them over the page, one at a time, before beside after.

import { Comparison } from "/web/comparison.js";
import { dialog, h, iconButton } from "/web/dom.js";
import { number, t } from "/web/i18n.js";

const PAN = 80; // CSS pixels for a press of an arrow key

/**
 * Show photo `index` of `count`. `load(index)` resolves to {name, before, after, width, height, error}: Blobs or null, the
 * size of the result, and what to say if there is none; `describe(index)` to [[label, value], …]. Each of `actions`,
 * {icon, label, run(index)}, becomes a button. `onclose(index)` is told which photo was shown last. Returns the dialog.
 */
export function openViewer(options) {
  return new Viewer(options).element;
}

class Viewer {
  #turn = 0; // grows with every photo: what was loaded for an earlier one is dropped
  #urls = [];

  constructor({ count, index, load, describe, actions = [], onclose = () => {} }) {
    Object.assign(this, { count, index, load, describe });
    this.#build(actions);
    this.element.addEventListener("close", () => {
      this.#turn++;
      this.#forget();
      onclose(this.index);
    });
    this.#show(index);
  }

  #build(actions) {
    const turn = (name, sign, step) => {
      return iconButton(sign, t(`viewer.${name}`), { class: `icon-button turn ${name}`, onclick: () => this.#go(step) });
    };
    this.previous = turn("previous", "left", -1);
    this.next = turn("next", "right", 1);
    this.farther = iconButton("minus", t("zoom.farther"), { onclick: () => this.stage.zoom.farther() });
    this.closer = iconButton("plus", t("zoom.closer"), { onclick: () => this.stage.zoom.closer() });
    this.fit = iconButton("fit", t("zoom.fit"), { onclick: () => this.stage.zoom.fit() });
    this.actual = iconButton("actual", t("zoom.actual"), { onclick: () => this.stage.zoom.to(this.stage.zoom.actual) });
    this.percent = h("span", { class: "percent" });
    this.stage = new Comparison({ swiped: (step) => this.#go(step), zoomed: () => this.#zoomed() });
    this.note = h("p", { class: "note", role: "status" });
    this.name = h("h2", { class: "name" });
    this.position = h("span", { class: "soft small" });
    this.info = iconButton("info", t("viewer.details"), {
      "aria-expanded": "false", "aria-controls": "viewer-details", onclick: () => this.#toggleDetails(),
    });
    this.details = h("section", {
      id: "viewer-details", class: "details", "aria-label": t("viewer.details"), tabindex: 0, hidden: true,
    });
    this.element = dialog(
      { class: "full viewer", "aria-label": t("viewer.title"), onkeydown: (event) => this.#key(event) },
      h("div", { class: "full-bar top" },
        iconButton("close", t("viewer.close"), { autofocus: true, onclick: () => this.element.close() }),
        h("div", { class: "grow", "aria-live": "polite" }, this.name, this.position),
        actions.map((action) => iconButton(action.icon, action.label, { onclick: () => action.run(this.index) })),
        this.info,
      ),
      h("div", { class: "sides" }, h("div", { class: "showing" }, this.stage.element, this.note), this.details),
      h("div", { class: "full-bar bottom" },
        this.previous,
        h("div", { class: "zooms" }, this.farther, this.percent, this.closer, this.fit, this.actual),
        this.next,
      ),
    );
  }

  #go(step) {
    const next = this.index + step;
    if (next >= 0 && next < this.count) this.#show(next);
  }

  async #show(index) {
    const turn = ++this.#turn;
    this.index = index;
    this.#forget();
    this.#announce("", t("viewer.loading"));
    this.stage.element.setAttribute("aria-busy", "true");
    this.#turnable();
    this.#describe();
    const photo = await this.#loaded(index);
    const [before, after] = await Promise.all([picture(photo.before, "before"), picture(photo.after, "after")]);
    const urls = [before, after].filter(Boolean).map((image) => image.src);
    if (turn !== this.#turn) return urls.forEach(URL.revokeObjectURL);
    this.#urls = urls;
    this.stage.element.setAttribute("aria-busy", "false");
    this.#announce(photo.name, photo.error ?? (photo.after && !after ? t("viewer.undisplayable") : ""));
    if (after || before) this.stage.show({ before, after }, after && photo.width ? photo : natural(after ?? before));
  }

  async #loaded(index) {
    try {
      return await this.load(index);
    } catch {
      return { before: null, after: null, error: t("viewer.unreachable") };
    }
  }

  /** Take the pictures out, and let go of what they hold. */
  #forget() {
    this.stage.clear();
    this.#urls.splice(0).forEach(URL.revokeObjectURL);
  }

  #announce(name = "", said) {
    this.name.textContent = name;
    this.position.textContent = t("viewer.position", { at: this.index + 1, total: this.count });
    this.note.textContent = said;
  }

  /** At either end there is nothing more to turn to; the focus goes on to the other button, not away. */
  #turnable() {
    const focused = document.activeElement;
    this.previous.disabled = this.index === 0;
    this.next.disabled = this.index === this.count - 1;
    if (focused.disabled) (focused === this.next && !this.previous.disabled ? this.previous : this.next).focus();
  }

  #zoomed() {
    const { zoom, shown } = this.stage ?? {};
    for (const button of [this.farther, this.closer, this.fit, this.actual]) button.disabled = !shown;
    this.percent.textContent = shown ? `${number((100 * zoom.scale) / zoom.actual)}\u00a0%` : "";
    this.fit.setAttribute("aria-pressed", Boolean(shown && zoom.fitted));
    this.actual.setAttribute("aria-pressed", Boolean(shown && Math.abs(zoom.scale / zoom.actual - 1) < 0.001));
  }

  #toggleDetails() {
    this.details.hidden = !this.details.hidden;
    this.info.setAttribute("aria-expanded", !this.details.hidden);
    this.element.classList.toggle("detailed", !this.details.hidden);
    this.#describe();
  }

  async #describe() {
    if (this.details.hidden) return;
    const turn = this.#turn;
    this.details.replaceChildren(h("p", { class: "soft" }, t("viewer.loading")));
    const rows = await this.describe(this.index).catch(() => null);
    if (turn !== this.#turn) return;
    const list = rows && h("dl", {}, rows.flatMap(([label, value]) => [h("dt", {}, label), h("dd", {}, String(value))]));
    this.details.replaceChildren(list ?? h("p", {}, t("viewer.unreachable")));
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { zoom, shown } = this.stage;
    const act = {
      ArrowLeft: () => (event.shiftKey ? zoom.pan(PAN, 0) : this.#go(-1)),
      ArrowRight: () => (event.shiftKey ? zoom.pan(-PAN, 0) : this.#go(1)),
      ArrowUp: () => event.shiftKey && zoom.pan(0, PAN),
      ArrowDown: () => event.shiftKey && zoom.pan(0, -PAN),
      "+": () => shown && zoom.closer(),
      "=": () => shown && zoom.closer(),
      "-": () => shown && zoom.farther(),
      0: () => shown && zoom.fit(),
      1: () => shown && zoom.to(zoom.actual),
    }[event.key];
    if (!act || (this.details.contains(event.target) && event.key.startsWith("Arrow"))) return;
    act();
  }
}

/** Return an image element that is ready to be seen; null if there is none or the browser can't decode it. */
async function picture(blob, side) {
  if (!blob) return null;
  const image = Object.assign(new Image(), { src: URL.createObjectURL(blob), alt: t(`viewer.${side}`), draggable: false });
  try {
    await image.decode();
    return image;
  } catch {
    URL.revokeObjectURL(image.src);
    return null;
  }
}

function natural(image) {
  return { width: image.naturalWidth, height: image.naturalHeight };
}
