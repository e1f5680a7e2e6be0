// The sliders of each type of preset: names and ranges as the service has them.

const SHARE = { min: 0, max: 1, step: 0.01 };
const BALANCE = { min: -1, max: 1, step: 0.01 };

const BEAUTY = ["smoothing", "whitening", "blemish", "sharpening", "eyes", "teeth", "dark_circles"];
const COLOUR = ["exposure", "contrast", "highlights", "shadows", "saturation", "vibrance", "temperature", "tint", "fade", "grain", "vignette"];
const RANGES = Object.fromEntries([
  ...BEAUTY.map((name) => [name, SHARE]),
  ...COLOUR.map((name) => [name, BALANCE]),
  ["exposure", { min: -3, max: 3, step: 0.05 }],
  ...["fade", "grain", "vignette"].map((name) => [name, SHARE]),
  ["strength", SHARE],
  ["dilate_px", { min: 0, max: 60, step: 1 }],
]);

/** The groups of sliders of a type: `[{name, open, params}]`. */
export function groupsOf(type) {
  if (type === "erase") return [{ name: "erase", open: true, params: ["dilate_px"] }];
  const colour = { name: "colour", open: type !== "beauty", params: COLOUR };
  const whole = { name: "whole", open: true, params: ["strength"] };
  return type === "beauty" ? [whole, { name: "beauty", open: true, params: BEAUTY }, colour] : [whole, colour];
}

export function rangeOf(param) {
  return RANGES[param];
}

export function neutral(param) {
  return param === "strength" ? 1 : 0;
}
