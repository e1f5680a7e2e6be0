// A preset's parameters as sliders, grouped; each can be put back to what the preset has.

import { h, iconButton } from "/web/parts/dom.js";
import { t } from "/web/parts/i18n.js";
import { groupsOf, neutral, rangeOf } from "/web/choosing/params.js";

/**
 * Return the sliders of a preset. `changed` are the values that differ from it; `onchange(changed)` hears all of them
 * whenever a slider moves.
 */
export function sliders(preset, changed, onchange) {
  const values = { ...changed };
  const set = (param, value) => {
    const own = preset.params[param] ?? neutral(param);
    if (Math.abs(value - own) < 1e-9) delete values[param];
    else values[param] = value;
    onchange({ ...values });
  };
  return groupsOf(preset.type).map(({ name, open, params }) =>
    h("details", { class: "group", open },
      h("summary", {}, t(`groups.${name}`)),
      params.map((param) => slider(param, preset.params[param] ?? neutral(param), values[param], set))));
}

function slider(param, own, value, set) {
  const range = rangeOf(param);
  const shown = h("span", { class: "value", "aria-hidden": "true" });
  const input = h("input", { type: "range", ...range, value: value ?? own, id: `param-${param}` });
  const back = iconButton("undo", t("look.reset", { name: t(`params.${param}`) }), { onclick: () => {
    input.value = own;
    input.dispatchEvent(new Event("input"));
    input.focus();
  } });
  const show = () => {
    const now = Number(input.value);
    const text = range.max === 1 ? String(Math.round(now * 100)) : String(now);
    shown.textContent = range.min < 0 && now > 0 ? `+${text}` : text;
    input.setAttribute("aria-valuetext", shown.textContent);
    back.style.visibility = Math.abs(now - own) < 1e-9 ? "hidden" : "visible";
  };
  input.addEventListener("input", () => {
    show();
    set(param, Number(input.value));
  });
  show();
  return h("div", { class: "slider" },
    h("label", { for: input.id }, t(`params.${param}`)), back, shown, input);
}
