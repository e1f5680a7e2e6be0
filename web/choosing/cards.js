// The presets as picture cards.

import { h, icon } from "/web/parts/dom.js";
import { localized, t } from "/web/parts/i18n.js";

const SYMBOLS = { beauty: "face", filter: "sliders", color: "sliders", erase: "eraser" };

/** Return a card for each preset; `card.show(blob)` gives it its picture, `pick(preset)` is called when it is chosen. */
export function cards(presets, pick) {
  return presets.map((preset) => {
    const image = h("img", { alt: "", hidden: true, onload: () => URL.revokeObjectURL(image.src) });
    const card = h("button", { type: "button", class: "card", "aria-pressed": "false", "data-preset": preset.id, onclick: () => pick(preset) },
      h("span", { class: "frame" }, icon(SYMBOLS[preset.type] ?? "sliders"), image),
      h("span", { class: "name" }, localized(preset.name)),
      preset.built_in === false ? h("span", { class: "sr-only" }, t("look.mine")) : null);
    card.show = (blob) => {
      image.src = URL.createObjectURL(blob);
      image.hidden = false;
    };
    return card;
  });
}
