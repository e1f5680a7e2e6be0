// Where a picture lies in a box: fitting, zooming, panning, pinching. Arithmetic and pointers, no drawing.

const STEP = 1.5; // what a press of plus or minus does
const TRAVEL = 120; // pixels that a notch of a mouse wheel is counted as, at most

/**
 * A picture of `width` × `height` in a box of CSS pixels. `scale` is CSS pixels for a unit of the picture, `x` and `y`
 * are where its upper left corner lies in the box. `changed` is called whenever one of them changes.
 */
export class Zoom {
  #fitted = true;

  /**
   * `margin` stays free around the picture. It gets as large as `most` times its fitting size. Without `enlarge` it does
   * not grow to fit, and `most` counts from its actual size, if that is larger.
   */
  constructor(changed, { margin = 0, most = 16, enlarge = true } = {}) {
    Object.assign(this, { changed, margin, most, enlarge, scale: 1, x: 0, y: 0 });
    this.box = { width: 1, height: 1 };
    this.picture = { width: 1, height: 1 };
  }

  /** Another box or another picture. What fitted fits again; else the middle of what was seen stays where it was. */
  measure(box, picture = this.picture) {
    const middle = this.toPicture(this.#middle());
    Object.assign(this, { box, picture });
    if (this.#fitted) this.fit();
    else this.put(middle, this.#middle(), this.scale);
  }

  /** CSS pixels for a unit of the picture when all of it is seen. Without `enlarge` never more than a device pixel each. */
  get fitting() {
    const room = (side) => Math.max(1, this.box[side] - 2 * this.margin) / this.picture[side];
    const fits = Math.min(room("width"), room("height"));
    return this.enlarge ? fits : Math.min(fits, this.actual);
  }

  /** CSS pixels for a unit of the picture when each of its pixels is one of the screen's. */
  get actual() {
    return 1 / window.devicePixelRatio;
  }

  get fitted() {
    return this.#fitted;
  }

  fit() {
    this.scale = this.fitting;
    this.#fitted = true;
    this.#settle();
  }

  /** Show the picture at a scale; what lies at `point` of the box stays there. */
  to(scale, point = this.#middle()) {
    this.put(this.toPicture(point), point, scale);
  }

  /** Show the picture at a scale, with one of its places at a point of the box. */
  put(place, point, scale) {
    this.scale = this.#allowed(scale);
    this.#fitted = this.scale <= this.fitting * 1.001;
    this.x = point.x - place.x * this.scale;
    this.y = point.y - place.y * this.scale;
    this.#settle();
  }

  closer(point) {
    this.to(this.scale * STEP, point);
  }

  farther(point) {
    this.to(this.scale / STEP, point);
  }

  pan(dx, dy) {
    this.x += dx;
    this.y += dy;
    this.#settle();
  }

  /** What a wheel event asks for. Touchpads send pinches as wheels with the control key held, in finer steps. */
  wheel(event, point) {
    const pixels = event.deltaMode === 0 ? event.deltaY : event.deltaY * 40;
    const turned = Math.max(-TRAVEL, Math.min(TRAVEL, pixels));
    this.to(this.scale * Math.exp(-turned * (event.ctrlKey ? 0.01 : 0.0025)), point);
  }

  toPicture(point) {
    return { x: (point.x - this.x) / this.scale, y: (point.y - this.y) / this.scale };
  }

  toBox(point) {
    return { x: this.x + point.x * this.scale, y: this.y + point.y * this.scale };
  }

  #middle() {
    return { x: this.box.width / 2, y: this.box.height / 2 };
  }

  #allowed(scale) {
    return Math.max(this.fitting, Math.min(scale, this.most * Math.max(this.fitting, this.enlarge ? 0 : this.actual)));
  }

  /** A picture that is smaller than the box lies in its middle; a larger one has no gap at its edges but the margin. */
  #settle() {
    const place = (offset, side) => {
      const room = this.box[side] - this.picture[side] * this.scale;
      return room > 2 * this.margin - 0.5 ? room / 2 : Math.max(room - this.margin, Math.min(this.margin, offset));
    };
    this.x = place(this.x, "width");
    this.y = place(this.y, "height");
    this.changed();
  }
}

/** Two fingers on an element: what lies under each of them stays there. */
export class Pinch {
  active = false; // from the second finger until the last one is lifted: what one of them does alone means nothing
  #fingers = new Map();
  #start = null; // the fingers and the picture when the number of fingers last changed

  constructor(zoom) {
    this.zoom = zoom;
  }

  down(event, point) {
    this.#fingers.set(event.pointerId, point);
    if (this.#fingers.size > 1) this.active = true;
    this.#grasp();
  }

  move(event, point) {
    if (!this.#fingers.has(event.pointerId)) return;
    this.#fingers.set(event.pointerId, point);
    if (!this.#start) return;
    const { apart, scale, place } = this.#start;
    const now = this.#pair();
    this.zoom.put(place, now.midway, (scale * now.apart) / apart);
  }

  up(event) {
    if (!this.#fingers.delete(event.pointerId)) return;
    if (this.#fingers.size === 0) this.active = false;
    this.#grasp();
  }

  /** Note where all begins: to go on from the last move would lose what the edges of the box took from it. */
  #grasp() {
    const pair = this.#pair();
    this.#start = pair && { ...pair, scale: this.zoom.scale, place: this.zoom.toPicture(pair.midway) };
  }

  #pair() {
    const [a, b] = this.#fingers.values();
    if (!b) return null;
    return { midway: { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 }, apart: Math.max(1, Math.hypot(a.x - b.x, a.y - b.y)) };
  }
}

/** Where a pointer is, in CSS pixels from an element's upper left corner. */
export function within(element, event) {
  const edges = element.getBoundingClientRect();
  return { x: event.clientX - edges.left, y: event.clientY - edges.top };
}
