// The photo that is painted on, as it is seen: zoomed, under its marks, with what is being drawn on top.

import { maskSize, paint } from "/web/paint/strokes.js";
import { within, Zoom } from "/web/parts/zoom.js";

const MARK = "#ff2d3a";
const THROUGH = 0.55; // how much of the photo a mark hides
const MARGIN = 16; // CSS pixels around the photo, so that its edges can be painted over

/** Points are CSS pixels in the canvas, places fractions of the photo. What is to be seen on top is set by `show`. */
export class Easel {
  #shown = { ring: null, box: null, crosshair: null };
  #frame = 0;

  /** `image` is drawn for a photo of `photo.width` × `photo.height`; `radius()` says how large the brush is. */
  constructor(canvas, image, photo, radius) {
    Object.assign(this, { canvas, image, photo, radius, longest: Math.max(photo.width, photo.height) });
    this.layer = Object.assign(document.createElement("canvas"), maskSize(photo.width, photo.height)).getContext("2d");
    this.layer.fillStyle = this.layer.strokeStyle = MARK;
    this.zoom = new Zoom(() => this.#soon(), { margin: MARGIN });
    this.resizing = new ResizeObserver(() => this.zoom.measure(this.#box(), photo));
    this.resizing.observe(canvas);
    canvas.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
  }

  close() {
    this.resizing.disconnect();
    cancelAnimationFrame(this.#frame);
    this.image.close();
  }

  /** Paint all marks anew: after undo, or when a stroke was given up. */
  repaint(strokes) {
    this.layer.clearRect(0, 0, this.layer.canvas.width, this.layer.canvas.height);
    paint(this.layer, strokes);
    this.#soon();
  }

  /** Paint what a brush stroke gained: its points from the one numbered `since` on. */
  dab(stroke, since = 0) {
    if (stroke.points.length > since) paint(this.layer, [stroke], since);
    this.#soon();
  }

  /** `ring`: the point at which the brush's outline is; `box`: two corners; `crosshair`: a place. Null hides. */
  show(things) {
    Object.assign(this.#shown, things);
    this.#soon();
  }

  get middle() {
    return { x: this.zoom.box.width / 2, y: this.zoom.box.height / 2 };
  }

  placeOf(point) {
    const { x, y } = this.zoom.toPicture(point);
    return { x: x / this.photo.width, y: y / this.photo.height };
  }

  pointOf(place) {
    return this.zoom.toBox({ x: place.x * this.photo.width, y: place.y * this.photo.height });
  }

  /** Pan until a place is seen. */
  reveal(place) {
    const point = this.pointOf(place);
    const beyond = (at, length) => Math.min(0, at - MARGIN) + Math.max(0, at - length + MARGIN);
    this.zoom.pan(-beyond(point.x, this.zoom.box.width), -beyond(point.y, this.zoom.box.height));
  }

  #box() {
    return { width: this.canvas.clientWidth, height: this.canvas.clientHeight };
  }

  #wheel(event) {
    event.preventDefault();
    this.zoom.wheel(event, within(this.canvas, event));
  }

  #soon() {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    const { canvas, zoom, photo } = this;
    const dense = window.devicePixelRatio;
    const [width, height] = [Math.round(canvas.clientWidth * dense), Math.round(canvas.clientHeight * dense)];
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    const context = canvas.getContext("2d");
    context.setTransform(dense, 0, 0, dense, 0, 0);
    context.clearRect(0, 0, width, height);
    const place = [zoom.x, zoom.y, photo.width * zoom.scale, photo.height * zoom.scale];
    context.drawImage(this.image, ...place);
    context.globalAlpha = THROUGH;
    context.drawImage(this.layer.canvas, ...place);
    context.globalAlpha = 1;
    if (this.#shown.box) this.#drawBox(context, ...this.#shown.box.map((corner) => this.pointOf(corner)));
    if (this.#shown.ring) this.#drawRing(context, this.#shown.ring);
    if (this.#shown.crosshair) this.#drawCrosshair(context, this.pointOf(this.#shown.crosshair));
  }

  #drawBox(context, a, b) {
    context.fillStyle = MARK;
    context.globalAlpha = THROUGH;
    context.fillRect(a.x, a.y, b.x - a.x, b.y - a.y);
    context.globalAlpha = 1;
    outline(context, () => context.rect(a.x, a.y, b.x - a.x, b.y - a.y));
  }

  #drawRing(context, { x, y }) {
    const radius = Math.max(1, this.radius() * this.longest * this.zoom.scale);
    outline(context, () => context.arc(x, y, radius, 0, 2 * Math.PI));
  }

  #drawCrosshair(context, { x, y }) {
    outline(context, () => {
      for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
        context.moveTo(x + 5 * dx, y + 5 * dy);
        context.lineTo(x + 18 * dx, y + 18 * dy);
      }
    });
  }
}

/** A white line in a black one: seen on every photo. */
function outline(context, trace) {
  context.beginPath();
  trace();
  for (const [colour, width] of [["#000a", 4], ["#fff", 1.5]]) {
    Object.assign(context, { strokeStyle: colour, lineWidth: width });
    context.stroke();
  }
}
