// Marking boxes without a pointer: arrow keys move a crosshair, Enter or Space sets a corner. And the keys that zoom.

import { box } from "/web/paint/strokes.js";

const COARSE = 0.02; // of the photo's longer side, for a press of an arrow key
const FINE = 0.002; // with the shift key

/** `keep(stroke, said)` gets the boxes, `told(key, values)` what happened. */
export class Crosshair {
  #at = null; // a place, once there are keys
  #corner = null; // where a box was begun
  #space = null; // "held", or "lent" once something was dragged with it

  constructor(easel, { keep, told }) {
    Object.assign(this, { easel, keep, told });
    easel.canvas.addEventListener("keydown", (event) => this.#down(event));
    easel.canvas.addEventListener("keyup", (event) => event.key === " " && this.#letGo());
    easel.canvas.addEventListener("blur", () => this.#leave());
  }

  hide() {
    this.#at = this.#corner = null;
    this.easel.show({ crosshair: null, box: null });
  }

  /** Say whether the space key is held; then it serves for dragging and marks nothing when it is let go. */
  lendSpace() {
    if (this.#space) this.#space = "lent";
    return this.#space !== null;
  }

  #down(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = event.shiftKey ? FINE : COARSE;
    const act = {
      ArrowLeft: () => this.#steer(-step, 0),
      ArrowRight: () => this.#steer(step, 0),
      ArrowUp: () => this.#steer(0, -step),
      ArrowDown: () => this.#steer(0, step),
      Enter: () => event.repeat || this.#mark(),
      " ": () => (this.#space ??= "held"),
      Escape: this.#corner && (() => this.#abandon()), // else it closes the dialog
      "+": () => this.easel.zoom.closer(this.#point()),
      "=": () => this.easel.zoom.closer(this.#point()),
      "-": () => this.easel.zoom.farther(this.#point()),
      0: () => this.easel.zoom.fit(),
    }[event.key];
    if (!act) return;
    event.preventDefault();
    this.easel.canvas.removeAttribute("data-pointed");
    act();
  }

  #leave() {
    this.#space = null;
    this.easel.canvas.removeAttribute("data-pointed"); // with it the focus is not outlined
  }

  #letGo() {
    if (this.#space === "held") this.#mark();
    this.#space = null;
  }

  /** The first press only shows the crosshair, in the middle of what is seen. */
  #steer(dx, dy) {
    const { longest, photo } = this.easel;
    const [x, y] = [(dx * longest) / photo.width, (dy * longest) / photo.height];
    if (this.#at) this.#move({ x: this.#at.x + x, y: this.#at.y + y });
    else this.#appear();
    this.told("mask.at", percent(this.#at));
  }

  #appear() {
    this.easel.show({ ring: null });
    this.#move(this.easel.placeOf(this.easel.middle));
  }

  #move({ x, y }) {
    this.#at = { x: Math.max(0, Math.min(1, x)), y: Math.max(0, Math.min(1, y)) };
    this.easel.show({ crosshair: this.#at, box: this.#corner && [this.#corner, this.#at] });
    this.easel.reveal(this.#at);
  }

  #mark() {
    if (!this.#at) this.#appear();
    if (!this.#corner) {
      this.#corner = this.#at;
      return this.told("mask.begun", percent(this.#corner));
    }
    const corner = this.#corner;
    this.#corner = null;
    this.easel.show({ box: null });
    this.keep(box(corner, this.#at), "mask.boxed");
  }

  #abandon() {
    this.#corner = null;
    this.easel.show({ box: null });
    this.told("mask.abandoned");
  }

  #point() {
    return this.#at ? this.easel.pointOf(this.#at) : this.easel.middle;
  }
}

function percent({ x, y }) {
  return { x: Math.round(100 * x), y: Math.round(100 * y) };
}
