// The viewer of results: openViewer shows them over the page, one at a time, before beside after.

import { Comparison } from "/web/results/comparison.js";
import { dialog } from "/web/parts/dialog.js";
import { h, iconButton } from "/web/parts/dom.js";
import { count } from "/web/parts/faces.js";
import { number, t } from "/web/parts/i18n.js";

const PAN = 80; // CSS pixels for a press of an arrow key

/**
 * Show photo `index` of `count`. `quick(index)` returns the address of a small picture that is there at once, or null;
 * its `shape(index)` is {width, height} if it is known. `load(index)` resolves to {name, before, after, width, height, faces, error}: Blobs or
 * null, the size of the result, the faces that were found or null, and what to say if there is none;
 * `describe(index)` to [[label, value], …]. Each of `actions`,
 * {icon, label, run(index), able(index)}, becomes a button. With a `selection`, {has(index), toggle(index)}, Space and
 * a tick select. `onclose(index)` is told which photo was shown last. Returns the viewer: `element` is its
 * dialog, `refresh()` loads the photo that is shown anew.
 */
export function openViewer(options) {
  return new Viewer(options);
}

class Viewer {
  #turn = 0; // grows with every photo: what was loaded for an earlier one is dropped
  #urls = [];

  constructor({ count, index, load, describe, title = t("viewer.title"), quick = () => null, shape = () => null, selection = null,
    actions = [], onclose = () => {} }) {
    Object.assign(this, { count, index, load, describe, quick, shape, selection });
    this.#build(title, actions);
    const closed = new AbortController();
    document.addEventListener("keydown", (event) => this.#key(event), { signal: closed.signal });
    this.element.addEventListener("close", () => {
      closed.abort();
      this.#turn++;
      this.#forget();
      onclose(this.index);
    });
    this.#show(index);
  }

  refresh() {
    this.#show(this.index);
  }

  #build(title, actions) {
    const turn = (name, sign, step) => {
      return iconButton(sign, t(`viewer.${name}`), { class: `icon-button turn ${name}`, onclick: (event) => {
        this.#go(step);
        if (event.detail) this.tick?.focus(); // a press of Space after the mouse means the photo
      } });
    };
    this.previous = turn("previous", "left", -1);
    this.next = turn("next", "right", 1);
    const size = (name, sign) => iconButton(sign, t(`zoom.${name}`), { onclick: () => this.#size(name) });
    this.fit = size("fit", "fit");
    this.actual = size("actual", "actual");
    this.sizes = [size("farther", "minus"), size("closer", "plus"), this.fit, this.actual];
    this.percent = h("span", { class: "percent" });
    this.stage = new Comparison({ swiped: (step) => this.#go(step), zoomed: () => this.#zoomed() });
    this.note = h("p", { class: "note", role: "status" });
    this.told = h("p", { class: "told", "aria-live": "polite" });
    this.name = h("h2", { class: "name" });
    this.position = h("span", { class: "soft small" });
    this.info = iconButton("info", t("viewer.details"), {
      "aria-expanded": "false", "aria-controls": "viewer-details", onclick: () => this.#toggleDetails(),
    });
    this.faces = iconButton("face", t("viewer.faces"), { "aria-pressed": "false", hidden: true, onclick: () => this.#toggleFaces() });
    this.tick = this.selection && iconButton("check", t("select.this"), { class: "icon-button tick-button", autofocus: true, onclick: () => this.#select() });
    this.actions = actions.map((action) => ({ ...action, button: iconButton(action.icon, action.label, { onclick: () => action.run(this.index) }) }));
    this.details = h("section", {
      id: "viewer-details", class: "details", "aria-label": t("viewer.details"), tabindex: 0, hidden: true,
    });
    this.element = dialog(
      { class: "full viewer", "aria-label": title },
      h("div", { class: "full-bar top" },
        iconButton("close", t("viewer.close"), { autofocus: !this.selection, onclick: () => this.element.close() }),
        h("div", { class: "grow", "aria-live": "polite" }, this.name, this.position),
        this.actions.map(({ button }) => button),
        this.tick,
        this.faces,
        this.info,
      ),
      h("div", { class: "sides" }, h("div", { class: "showing" }, this.stage.element, this.told, this.note), this.details),
      h("div", { class: "full-bar bottom" },
        this.previous,
        h("div", { class: "zooms" }, this.sizes[0], this.percent, this.sizes.slice(1)),
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
    this.found = null;
    this.#forget();
    this.#announce("", t("viewer.loading"));
    this.stage.element.setAttribute("aria-busy", "true");
    this.#turnable();
    this.#showTick();
    for (const { able, button } of this.actions) button.hidden = able ? !able(index) : false;
    this.#describe();
    this.#early(turn);
    const failed = { before: null, after: null, error: t("viewer.unreachable") };
    const photo = await Promise.resolve(index).then(this.load).catch(() => failed);
    const [before, after] = await Promise.all([picture(photo.before, "before"), picture(photo.after, "after")]);
    const urls = [before, after].filter(Boolean).map((image) => image.src);
    if (turn !== this.#turn) return urls.forEach(URL.revokeObjectURL);
    this.#urls = urls;
    this.stage.element.setAttribute("aria-busy", "false");
    this.found = photo.faces ?? null;
    this.faces.hidden = this.found === null;
    this.#announce(photo.name, photo.error ?? (photo.after && !after ? t("viewer.undisplayable") : ""));
    if (after || before) this.stage.show({ before, after, faces: photo.faces }, after && photo.width ? photo : natural(after ?? before));
  }

  /** Show the small picture until the large one has come. */
  async #early(turn) {
    const url = this.quick(this.index);
    if (!url) return;
    const image = Object.assign(new Image(), { src: url, alt: t("viewer.after"), draggable: false });
    await image.decode().catch(() => {});
    if (turn !== this.#turn || this.stage.shown || !image.naturalWidth) return;
    this.note.textContent = "";
    this.stage.show({ before: null, after: image }, this.shape(this.index) ?? natural(image));
  }

  #select() {
    this.selection.toggle(this.index);
    this.#showTick();
  }

  #showTick() {
    if (!this.selection) return;
    this.tick.setAttribute("aria-pressed", String(this.selection.has(this.index)));
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
    this.#tellFaces();
  }

  /** How many faces there are, if they are shown or there are none. */
  #tellFaces() {
    const { found } = this;
    const asked = this.element.classList.contains("with-faces");
    this.told.textContent = found && (asked || !found.length) ? count(found) : "";
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
    for (const button of this.sizes) button.setAttribute("aria-disabled", !shown); // `disabled` would take the focus away
    this.percent.textContent = shown ? `${number((100 * zoom.scale) / zoom.actual)}\u00a0%` : "";
    this.fit.setAttribute("aria-pressed", Boolean(shown && zoom.fitted));
    this.actual.setAttribute("aria-pressed", Boolean(shown && Math.abs(zoom.scale / zoom.actual - 1) < 0.001));
  }

  #size(name) {
    const { zoom, shown } = this.stage;
    if (!shown) return;
    if (name === "actual") zoom.to(zoom.actual);
    else zoom[name]();
  }

  #toggleFaces() {
    const shown = this.element.classList.toggle("with-faces");
    this.faces.setAttribute("aria-pressed", shown);
    this.#tellFaces();
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
    const rows = await Promise.resolve(this.index).then(this.describe).catch(() => null);
    if (turn !== this.#turn) return;
    const list = rows && h("dl", {}, rows.flatMap(([label, value]) => [h("dt", {}, label), h("dd", {}, String(value))]));
    this.details.replaceChildren(list ?? h("p", {}, t("viewer.unreachable")));
  }

  /** Keys count wherever the focus is, but in another dialog; of the details the arrow keys are their own. */
  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target !== document.body && !this.element.contains(event.target)) return;
    if (this.details.contains(event.target) && event.key.startsWith("Arrow")) return;
    const { zoom } = this.stage;
    const act = {
      ArrowLeft: () => (event.shiftKey ? zoom.pan(PAN, 0) : this.#go(-1)),
      ArrowRight: () => (event.shiftKey ? zoom.pan(-PAN, 0) : this.#go(1)),
      ArrowUp: () => event.shiftKey && zoom.pan(0, PAN),
      ArrowDown: () => event.shiftKey && zoom.pan(0, -PAN),
      "+": () => this.#size("closer"),
      "=": () => this.#size("closer"),
      "-": () => this.#size("farther"),
      " ": () => this.selection && this.#spaced(event),
      0: () => this.#size("fit"),
      1: () => this.#size("actual"),
    }[event.key];
    act?.();
  }

  /** Space selects, but on a button, which it presses. */
  #spaced(event) {
    if (event.target.closest?.("button")) return;
    event.preventDefault();
    this.#select();
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
