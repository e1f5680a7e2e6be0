// How results are written.

import { h } from "/web/parts/dom.js";
import { t } from "/web/parts/i18n.js";

const FORMATS = ["same", "jpeg", "png", "webp", "avif"];
const SIDES = [null, 4096, 2560, 1600, 1024];
const METADATA = ["keep", "strip_gps", "strip"];
const QUALITY = 92;

/** Return the choices; `onchange(output)` hears what differs from the service's own defaults. */
export function outputChoices(output, onchange) {
  const now = { ...output };
  const set = (name, value) => {
    if (value === null) delete now[name];
    else now[name] = value;
    onchange({ ...now });
  };
  const choice = (name, options, words, read = (text) => text) => {
    const select = h("select", { id: `output-${name}`, onchange: () => {
      const value = read(select.value);
      set(name, value === options[0] ? null : value);
    } }, options.map((option) => h("option", { value: option ?? "", selected: (now[name] ?? options[0]) === option }, words(option))));
    return h("label", { for: select.id }, t(`output.${name}`), select);
  };
  const shown = h("span", { class: "value", "aria-hidden": "true" }, String(now.quality ?? QUALITY));
  const quality = h("input", { type: "range", min: 40, max: 100, value: now.quality ?? QUALITY, id: "output-quality", oninput: () => {
    shown.textContent = quality.value;
    set("quality", Number(quality.value) === QUALITY ? null : Number(quality.value));
  } });
  return h("details", { class: "group" },
    h("summary", {}, t("output.title")),
    h("div", { class: "choices" },
      choice("format", FORMATS, (format) => t(`formats.${format}`)),
      choice("max_side", SIDES, (side) => side === null ? t("output.full") : t("output.pixels", { n: side }), (text) => text ? Number(text) : null),
      choice("metadata", METADATA, (kind) => t(`metadata.${kind}`))),
    h("div", { class: "slider" }, h("label", { for: quality.id }, t("output.quality")), h("span", {}), shown, quality));
}
