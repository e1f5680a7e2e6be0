// What a person marked on a photo, as vectors: {tool: "brush", radius, points: [[x, y], …]} or {tool: "box", x, y, width,
// height}. Places are fractions of the photo's width and height, the radius one of its longer side: they hold at every size.

const LONGEST = 2048; // of a mask, in pixels
const TINIEST = 1; // a stroke's radius in a mask, so that none falls between its pixels
const KEPT = 1e5; // fractions are kept to five digits

/** The size of a photo's mask: its proportions, at most 2,048 px long. */
export function maskSize(width, height) {
  const scale = Math.min(1, LONGEST / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

export function brush(radius, at) {
  return { tool: "brush", radius, points: [[rounded(at.x), rounded(at.y)]] };
}

/** Go on with a brush stroke; a point that all but lies where the last one does is left out. */
export function extend(stroke, to, photo) {
  const [x, y] = stroke.points.at(-1);
  const way = Math.hypot((to.x - x) * photo.width, (to.y - y) * photo.height) / Math.max(photo.width, photo.height);
  if (way >= stroke.radius / 8) stroke.points.push([rounded(to.x), rounded(to.y)]);
}

/** Say whether a brush stroke may have left anything on the photo: false is certain. */
export function touches({ radius, points }, photo) {
  const longest = Math.max(photo.width, photo.height);
  return ["width", "height"].every((side, axis) => {
    const along = points.map((point) => point[axis]);
    const reach = (radius * longest) / photo[side];
    return Math.min(...along) < 1 + reach && Math.max(...along) > -reach;
  });
}

/** The box between two corners, as much of it as lies on the photo; null if that is nothing. */
export function box(a, b) {
  const inside = (value) => rounded(Math.max(0, Math.min(1, value)));
  const [left, right] = [inside(Math.min(a.x, b.x)), inside(Math.max(a.x, b.x))];
  const [top, bottom] = [inside(Math.min(a.y, b.y)), inside(Math.max(a.y, b.y))];
  if (right <= left || bottom <= top) return null;
  return { tool: "box", x: left, y: top, width: rounded(right - left), height: rounded(bottom - top) };
}

/** Fill strokes with the context's colour, from point `since` of each on. Boxes cover every pixel that they touch. */
export function paint(context, strokes, since = 0) {
  const { width, height } = context.canvas;
  for (const stroke of strokes) {
    if (stroke.tool === "box") {
      const left = Math.floor(stroke.x * width + 0.01);
      const top = Math.floor(stroke.y * height + 0.01);
      const right = Math.ceil((stroke.x + stroke.width) * width - 0.01);
      const bottom = Math.ceil((stroke.y + stroke.height) * height - 0.01);
      context.fillRect(left, top, right - left, bottom - top);
    } else {
      paintBrush(context, stroke, since, width, height);
    }
  }
}

/** Strokes as a PNG, white on black, with no grey between; null if there is nothing white. */
export async function raster(strokes, photoWidth, photoHeight) {
  const canvas = Object.assign(document.createElement("canvas"), maskSize(photoWidth, photoHeight));
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.fillStyle = "#000";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = context.strokeStyle = "#fff";
  paint(context, strokes);
  const pixels = context.getImageData(0, 0, canvas.width, canvas.height);
  if (!harden(pixels.data)) return null;
  context.putImageData(pixels, 0, 0);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no PNG"))), "image/png");
  });
}

/** What was marked, with every earlier state of it. */
export class History {
  #states;
  #now = 0;

  constructor(strokes) {
    this.#states = [strokes];
  }

  get strokes() {
    return this.#states[this.#now];
  }

  get undoable() {
    return this.#now > 0;
  }

  get redoable() {
    return this.#now < this.#states.length - 1;
  }

  /** Go on with other strokes; what was undone can't be redone any more. */
  put(strokes) {
    this.#states.splice(++this.#now, Infinity, strokes);
  }

  undo() {
    if (this.undoable) this.#now--;
  }

  redo() {
    if (this.redoable) this.#now++;
  }
}

function paintBrush(context, { radius, points }, since, width, height) {
  const thick = Math.max(TINIEST, radius * Math.max(width, height));
  const [[x, y], ...others] = points.slice(Math.max(0, since - 1));
  context.beginPath();
  if (others.length === 0) {
    context.arc(x * width, y * height, thick, 0, 2 * Math.PI);
    return context.fill();
  }
  Object.assign(context, { lineWidth: 2 * thick, lineCap: "round", lineJoin: "round" });
  context.moveTo(x * width, y * height);
  for (const [nextX, nextY] of others) context.lineTo(nextX * width, nextY * height);
  context.stroke();
}

/** Half-covered pixels at a stroke's edge become black or white. Says whether any is white. */
function harden(bytes) {
  let white = false;
  for (let at = 0; at < bytes.length; at += 4) {
    const value = bytes[at] < 128 ? 0 : 255;
    bytes[at] = bytes[at + 1] = bytes[at + 2] = value;
    white ||= value === 255;
  }
  return white;
}

function rounded(value) {
  return Math.round(value * KEPT) / KEPT;
}
