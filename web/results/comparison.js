// A photo before and after in one box: a divider between them, zoom, pan, and what fingers mean by a stroke.

import { h, icon } from "/web/parts/dom.js";
import { faceBox } from "/web/parts/faces.js";
import { t } from "/web/parts/i18n.js";
import { Pinch, within, Zoom } from "/web/parts/zoom.js";

const LARGEST = 8; // times its fitting size or its pixels
const STEPS = {
  ArrowLeft: -2, ArrowDown: -2, PageDown: -10, Home: -100,
  ArrowRight: 2, ArrowUp: 2, PageUp: 10, End: 100,
}; // percent
const TAP = { time: 300, distance: 24 }; // milliseconds and CSS pixels: two taps that are nearer are one double tap
const SWIPE = 48; // CSS pixels sideways

/** `element` is the stage. `swiped(±1)` is called when a finger wants another photo, `zoomed()` when the scale changed. */
export class Comparison {
  #divided = 50; // percent of what is seen of the photo
  #drag = null; // {pointer, kind: "divide" | "pan" | "swipe", start, last}
  #tap = { time: 0, x: 0, y: 0 };

  constructor({ swiped, zoomed }) {
    Object.assign(this, { swiped, zoomed });
    this.frame = h("div", { class: "frame" });
    this.divider = h(
      "div",
      {
        class: "divider", role: "slider", tabindex: 0, onkeydown: (event) => this.#step(event),
        "aria-label": t("viewer.divider"), "aria-valuemin": 0, "aria-valuemax": 100,
      },
      h("span", { class: "grip" }, icon("divide")),
    );
    this.tags = ["before", "after"].map((side) => h("span", { class: "tag", "aria-hidden": "true" }, t(`viewer.${side}`)));
    this.element = h("div", { class: "full-stage" }, this.frame, this.divider, ...this.tags);
    this.zoom = new Zoom(() => this.#place(), { most: LARGEST, enlarge: false });
    this.pinch = new Pinch(this.zoom);
    this.clear();
    new ResizeObserver(() => this.zoom.measure(this.#box())).observe(this.element);
    this.element.addEventListener("pointerdown", (event) => this.#down(event, within(this.element, event)));
    this.element.addEventListener("pointermove", (event) => this.#move(event, within(this.element, event)));
    this.element.addEventListener("pointerup", (event) => this.#up(event, within(this.element, event)));
    this.element.addEventListener("pointercancel", (event) => this.#lift(event));
    this.element.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
  }

  /** Show decoded images in a box of the proportions of `size`, in pixels. Either may be null, not both. */
  show({ before, after, faces }, size) {
    this.before = before && after ? before : null;
    this.shown = true;
    const boxes = h("div", { class: "faces", "aria-hidden": "true" }, faces?.map((face) => faceBox(face)) ?? []);
    this.frame.replaceChildren(...[after, before].filter(Boolean), boxes);
    this.divider.hidden = !this.before;
    this.zoom.fit();
    this.zoom.measure(this.#box(), size);
  }

  clear() {
    this.before = null;
    this.shown = false;
    this.frame.replaceChildren();
    this.divider.hidden = true;
    for (const tag of this.tags) tag.hidden = true;
    this.zoomed();
  }

  /** All of the photo, or its pixels as they are; what is as large as that already becomes twice as large. */
  toggle(point) {
    const { fitted, fitting, actual } = this.zoom;
    if (!fitted) this.zoom.fit();
    else this.zoom.to(fitting < actual * 0.99 ? actual : actual * 2, point);
  }

  #box() {
    return { width: this.element.clientWidth, height: this.element.clientHeight };
  }

  #place() {
    const dense = window.devicePixelRatio;
    const { scale, picture } = this.zoom;
    const [x, y] = [this.zoom.x, this.zoom.y].map((value) => Math.round(value * dense) / dense); // else all is blurred
    const [width, height] = [picture.width * scale, picture.height * scale];
    const transform = `translate(${x}px, ${y}px)`;
    Object.assign(this.frame.style, { width: `${width}px`, height: `${height}px`, transform });
    this.element.classList.toggle("movable", !this.zoom.fitted);
    this.frame.classList.toggle("large", scale > this.zoom.actual * 2.5);
    if (this.before) this.#divide(x, y, width, height);
    else for (const tag of this.tags) tag.hidden = true;
    this.zoomed();
  }

  /** Put the divider into what is seen of the photo, and cut the picture of before off there. */
  #divide(x, y, width, height) {
    const { left, right } = this.#seen();
    const [top, bottom] = [Math.max(0, y), Math.min(this.zoom.box.height, y + height)];
    const at = left + ((right - left) * this.#divided) / 100;
    this.before.style.clipPath = `inset(0 ${x + width - at}px 0 0)`;
    Object.assign(this.divider.style, { transform: `translate(${at}px, ${top}px)`, height: `${bottom - top}px` });
    this.divider.setAttribute("aria-valuenow", Math.round(this.#divided));
    this.divider.setAttribute("aria-valuetext", t("viewer.divided", { n: Math.round(this.#divided) }));
    const [before, after] = this.tags;
    before.hidden = after.hidden = false;
    before.style.transform = `translate(${left}px, ${top}px)`;
    after.style.transform = `translate(calc(${right}px - 100%), ${top}px)`;
    before.hidden = at - left < before.offsetWidth;
    after.hidden = right - at < after.offsetWidth;
  }

  #seen() {
    const { x, scale, picture, box } = this.zoom;
    return { left: Math.max(0, x), right: Math.min(box.width, x + picture.width * scale) };
  }

  #divideAt(percent) {
    this.#divided = Math.max(0, Math.min(100, percent));
    this.#place();
  }

  #step(event) {
    const step = STEPS[event.key];
    if (step === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation(); // elsewhere arrow keys turn to other photos
    this.#divideAt(this.#divided + step);
  }

  #wheel(event) {
    event.preventDefault();
    if (this.shown) this.zoom.wheel(event, within(this.element, event));
  }

  #down(event, point) {
    if (event.pointerType === "touch") {
      this.pinch.down(event, point);
      if (this.pinch.active) return (this.#drag = null);
    }
    if (this.#drag || event.button > 1) return;
    this.element.setPointerCapture(event.pointerId);
    const kind = this.divider.contains(event.target) ? "divide" : this.zoom.fitted ? "swipe" : "pan";
    this.#drag = { pointer: event.pointerId, kind, start: point, last: point };
  }

  #move(event, point) {
    if (this.shown) this.pinch.move(event, point);
    const drag = this.#drag;
    if (drag?.pointer !== event.pointerId) return;
    if (drag.kind === "pan") this.zoom.pan(point.x - drag.last.x, point.y - drag.last.y);
    if (drag.kind === "divide") {
      const { left, right } = this.#seen();
      this.#divideAt((100 * (point.x - left)) / Math.max(1, right - left));
    }
    drag.last = point;
  }

  #up(event, point) {
    const drag = this.#lift(event);
    if (!drag) return;
    const [dx, dy] = [point.x - drag.start.x, point.y - drag.start.y];
    if (Math.hypot(dx, dy) < TAP.distance / 2) return this.#tapped(point, event.timeStamp);
    if (drag.kind !== "swipe" || event.pointerType !== "touch") return;
    if (Math.abs(dx) > SWIPE && Math.abs(dx) > 1.5 * Math.abs(dy)) this.swiped(dx < 0 ? 1 : -1);
  }

  #lift(event) {
    this.pinch.up(event);
    if (this.#drag?.pointer !== event.pointerId) return null;
    const drag = this.#drag;
    this.#drag = null;
    return drag;
  }

  /** Two taps in one place; not `dblclick`, which phones don't all send. */
  #tapped(point, now) {
    const { time, x, y } = this.#tap;
    const twice = now - time < TAP.time && Math.hypot(point.x - x, point.y - y) < TAP.distance;
    this.#tap = { time: twice ? 0 : now, ...point };
    if (twice && this.shown) this.toggle(point);
  }
}
