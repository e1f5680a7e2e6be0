// What pointers do on an easel: a finger, a pen or a mouse draws; two fingers, or the middle button, move the photo.

import { box, brush, extend, touches } from "/web/paint/strokes.js";
import { Pinch, within } from "/web/parts/zoom.js";

/** Draws with `tools.tool` ("brush" or "box") and `tools.radius` as they are then; `keep(stroke, said)` gets the strokes. */
export class Hand {
  #doing = null; // {pointer, pen, kind: "brush" | "box" | "pan", …}: what a pointer is about

  constructor(easel, crosshair, tools, { keep, giveUp }) {
    Object.assign(this, { easel, crosshair, tools, keep, giveUp });
    this.pinch = new Pinch(easel.zoom);
    const { canvas } = easel;
    canvas.addEventListener("pointerdown", (event) => this.#down(event, within(canvas, event)));
    canvas.addEventListener("pointermove", (event) => this.#move(event, within(canvas, event)));
    canvas.addEventListener("pointerup", (event) => this.#up(event));
    canvas.addEventListener("pointercancel", (event) => this.#cancel(event));
    canvas.addEventListener("pointerleave", () => this.#doing || easel.show({ ring: null }));
  }

  #down(event, point) {
    this.easel.canvas.focus({ preventScroll: true });
    this.easel.canvas.toggleAttribute("data-pointed", true);
    if (event.pointerType === "touch") {
      if (this.#doing?.pen) return; // the palm of the hand that holds the pen
      this.pinch.down(event, point);
      if (this.pinch.active) return this.#drop();
    } else if (event.pointerType === "pen" && this.#doing) {
      this.#drop(); // the palm was there before the pen
    }
    if (this.#doing || event.button > 1) return;
    this.easel.canvas.setPointerCapture(event.pointerId);
    this.crosshair.hide();
    this.#doing = { pointer: event.pointerId, pen: event.pointerType === "pen", ...this.#begin(event, point) };
  }

  #move(event, point) {
    if (event.pointerType === "touch") {
      if (this.#doing?.pen) return;
      this.pinch.move(event, point);
      if (this.pinch.active) return;
    }
    if (this.#doing?.pointer === event.pointerId) this.#follow(event, point);
    if (event.pointerType !== "touch") this.easel.show({ ring: this.tools.tool === "brush" ? point : null });
  }

  #up(event) {
    this.pinch.up(event);
    if (this.#doing?.pointer !== event.pointerId) return;
    const { kind, stroke, from, to } = this.#doing;
    this.#doing = null;
    this.easel.show({ box: null });
    if (kind === "brush") touches(stroke, this.easel.photo) ? this.keep(stroke, "mask.marked") : this.giveUp();
    if (kind === "box") this.keep(box(from, to), "mask.boxed");
  }

  #cancel(event) {
    this.pinch.up(event);
    if (this.#doing?.pointer === event.pointerId) this.#drop();
  }

  #begin(event, point) {
    if (event.button === 1 || this.crosshair.lendSpace()) {
      event.preventDefault();
      return { kind: "pan", last: point };
    }
    const at = this.easel.placeOf(point);
    if (this.tools.tool === "box") return { kind: "box", from: at, to: at };
    const stroke = brush(this.tools.radius, at);
    this.easel.dab(stroke);
    return { kind: "brush", stroke };
  }

  #follow(event, point) {
    const doing = this.#doing;
    if (doing.kind === "pan") {
      this.easel.zoom.pan(point.x - doing.last.x, point.y - doing.last.y);
      doing.last = point;
    } else if (doing.kind === "box") {
      doing.to = this.easel.placeOf(point);
      this.easel.show({ box: [doing.from, doing.to] });
    } else {
      const painted = doing.stroke.points.length;
      const since = event.getCoalescedEvents?.() ?? [];
      for (const one of since.length ? since : [event]) {
        extend(doing.stroke, this.easel.placeOf(within(this.easel.canvas, one)), this.easel.photo);
      }
      this.easel.dab(doing.stroke, painted);
    }
  }

  #drop() {
    this.#doing = null;
    this.easel.show({ box: null, ring: null });
    this.giveUp();
  }
}
