// The painter of what is to be erased: paintMask opens it over the page.

import { Crosshair } from "/web/paint/crosshair.js";
import { confirmed, dialog } from "/web/parts/dialog.js";
import { h, icon, iconButton } from "/web/parts/dom.js";
import { Easel } from "/web/paint/easel.js";
import { Hand } from "/web/paint/hand.js";
import { t } from "/web/parts/i18n.js";
import { History, raster } from "/web/paint/strokes.js";

const THINNEST = 0.003; // a brush's radius, of the photo's longer side
const THICKEST = 0.12;
const SMALLEST = 4; // CSS pixels: a box that is narrower was a tap

const tools = { tool: "brush", size: 50, radius: radius(50) }; // kept for the next photo

/**
 * Let the person mark what is to be erased on `picture`, a Blob that the browser can show, of a photo of `width` × `height`
 * pixels, both upright. `strokes` of an earlier time are there again. Resolves to the strokes and their mask, a PNG Blob,
 * or null if nothing is marked; to null if the person cancelled. Escape keeps what was done; `changed(strokes)` hears of
 * every change, so that nothing is lost with the page.
 */
export async function paintMask({ picture, width, height, strokes = [], changed = () => {} }) {
  const image = await createImageBitmap(picture);
  return new Promise((resolve) => new Painter(image, { width, height }, strokes, { resolve, changed }));
}

class Painter {
  #result = null;
  #dropped = false;

  constructor(image, photo, strokes, { resolve, changed }) {
    this.photo = photo;
    this.before = strokes;
    this.changed = changed;
    this.history = new History(strokes);
    this.#build();
    const closed = new AbortController();
    document.addEventListener("keydown", (event) => this.#shortcut(event), { signal: closed.signal });
    this.element.addEventListener("close", async () => {
      closed.abort();
      this.easel.close();
      resolve(this.#result ?? (this.#dropped ? null : await this.#made().catch(() => null)));
    });
    this.element.addEventListener("cancel", (event) => {
      event.preventDefault();
      this.#finish();
    });
    const keep = (stroke, said) => this.#keep(stroke, said);
    const told = (key, values) => this.#tell(key, values);
    this.easel = new Easel(this.canvas, image, photo, () => tools.radius);
    const crosshair = new Crosshair(this.easel, { keep, told });
    new Hand(this.easel, crosshair, tools, { keep, giveUp: () => this.easel.repaint(this.history.strokes) });
    this.#changed();
    if (!strokes.length) told("mask.hint");
  }

  #build() {
    this.#controls();
    this.canvas = h("canvas", {
      tabindex: 0, autofocus: true, role: "application", "aria-label": t("mask.photo"), "aria-describedby": "mask-keys",
    });
    this.element = dialog(
      { class: "full mask", "aria-label": t("mask.title") },
      h("div", { class: "full-bar top" },
        iconButton("close", t("mask.cancel"), { onclick: () => this.#cancel() }),
        h("h2", { class: "grow" }, t("mask.title")),
        this.undo, this.redo, this.clear, this.done,
      ),
      h("div", { class: "full-stage" }, this.canvas, this.zooms),
      h("div", { class: "full-bar bottom" }, this.choice, this.size, this.said),
      h("p", { id: "mask-keys", class: "sr-only" }, t("mask.keys")),
    );
  }

  #controls() {
    const step = (name, act) => iconButton(name, t(`mask.${name}`), { onclick: act });
    this.undo = step("undo", () => this.#travel("undo", "mask.undone"));
    this.redo = step("redo", () => this.#travel("redo", "mask.redone"));
    this.clear = iconButton("trash", t("mask.clear"), { onclick: () => this.#clear() });
    this.done = h("button", { type: "button", class: "primary", onclick: () => this.#finish() }, t("mask.done"));
    const tool = (name) => {
      return h("button", { type: "button", "data-tool": name, onclick: () => this.#choose(name) }, icon(name), t(`mask.${name}`));
    };
    this.choice = h("div", { class: "choice", role: "group", "aria-label": t("mask.tools") }, tool("brush"), tool("box"));
    this.slider = h("input", {
      type: "range", min: 0, max: 100, value: tools.size, "aria-label": t("mask.size"),
      oninput: () => this.#resize(), onchange: () => this.easel.show({ ring: null }),
    });
    const dot = (size) => h("span", { class: `dot ${size}`, "aria-hidden": "true" });
    this.size = h("label", { class: "brush-size" }, dot("small"), this.slider, dot("large"));
    this.said = h("p", { class: "said", role: "status" });
    this.zooms = h("div", { class: "zoom-buttons" },
      iconButton("plus", t("zoom.closer"), { onclick: () => this.easel.zoom.closer() }),
      iconButton("minus", t("zoom.farther"), { onclick: () => this.easel.zoom.farther() }),
      iconButton("fit", t("zoom.fit"), { onclick: () => this.easel.zoom.fit() }),
    );
  }

  #choose(name) {
    tools.tool = name;
    this.#changed();
  }

  #resize() {
    tools.size = Number(this.slider.value);
    tools.radius = radius(tools.size);
    this.easel.show({ ring: this.easel.middle });
  }

  /** Add a stroke to what is marked. A box that is hardly to be seen was none; null is one beside the photo. */
  #keep(stroke, said) {
    if (stroke?.tool === "box" && this.#tiny(stroke)) return this.#tell("mask.tiny");
    if (stroke) this.#put([...this.history.strokes, stroke], said);
  }

  #tiny({ width, height }) {
    return Math.min(width * this.photo.width, height * this.photo.height) * this.easel.zoom.scale < SMALLEST;
  }

  #put(strokes, said) {
    this.history.put(strokes);
    this.#changed(said);
  }

  #travel(way, said) {
    this.history[way]();
    this.#changed(said);
  }

  #clear() {
    this.#put([], "mask.marked");
  }

  #changed(said = "mask.marked") {
    const { strokes } = this.history;
    this.easel.repaint(strokes);
    this.changed(strokes);
    this.undo.disabled = !this.history.undoable;
    this.redo.disabled = !this.history.redoable;
    this.clear.disabled = strokes.length === 0;
    if (document.activeElement.disabled) this.canvas.focus();
    for (const button of this.choice.children) button.setAttribute("aria-pressed", button.dataset.tool === tools.tool);
    this.slider.disabled = tools.tool === "box";
    this.canvas.dataset.tool = tools.tool;
    this.#tell(strokes.length ? said : "mask.unmarked", { n: strokes.length });
  }

  #tell(key, values) {
    this.said.textContent = t(key, values);
  }

  #shortcut(event) {
    if (!(event.ctrlKey || event.metaKey)) return;
    const key = event.key.toLowerCase();
    if (key !== "z" && key !== "y") return;
    event.preventDefault();
    if (key === "y" || event.shiftKey) this.#travel("redo", "mask.redone");
    else this.#travel("undo", "mask.undone");
  }

  async #made() {
    const { strokes } = this.history;
    return { strokes, mask: await raster(strokes, this.photo.width, this.photo.height) };
  }

  async #cancel() {
    const lost = JSON.stringify(this.before) !== JSON.stringify(this.history.strokes);
    const sure = { title: t("mask.sure"), why: t("mask.sureWhy"), yes: t("mask.drop"), no: t("mask.stay") };
    if (lost && !(await confirmed(sure)) || !this.element.open) return;
    this.#dropped = true;
    this.changed(this.before);
    this.element.close();
  }

  async #finish() {
    this.done.disabled = true;
    try {
      this.#result = await this.#made();
      this.element.close();
    } catch {
      this.done.disabled = false;
      this.#tell("mask.failed");
    }
  }
}

/** A slider's 0 to 100 as a radius: each step makes it larger by the same factor. */
function radius(size) {
  return THINNEST * (THICKEST / THINNEST) ** (size / 100);
}
