// Whether the light of all photos is matched before the look, and how far.

import { h } from "/web/parts/dom.js";
import { t } from "/web/parts/i18n.js";

/** Return the choice; `light` is from 0 to 1, null for not at all, and so is what `onchange(light)` hears. */
export function lightChoice(light, onchange) {
  const shown = h("span", { class: "value", "aria-hidden": "true" });
  const far = h("input", { type: "range", id: "light-far", min: 0.1, max: 1, step: 0.05, value: light ?? 1, oninput: () => changed() });
  const row = h("div", { class: "slider" }, h("label", { for: far.id }, t("light.far")), h("span", {}), shown, far);
  const on = h("input", { type: "checkbox", id: "light-on", onchange: () => changed() });
  on.checked = light !== null;
  const show = () => {
    row.hidden = !on.checked;
    shown.textContent = String(Math.round(far.value * 100));
  };
  function changed() {
    show();
    onchange(on.checked ? Number(far.value) : null);
  }
  show();
  return h("details", { class: "group", open: light !== null },
    h("summary", {}, t("light.title")),
    h("label", { class: "inline", for: on.id }, on, t("light.match")),
    h("p", { class: "soft small" }, t("light.how")), row);
}
