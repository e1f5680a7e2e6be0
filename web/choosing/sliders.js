// A preset's parameters as sliders, grouped; each can be put back to what the preset has.

import { ask } from "/web/parts/api.js";
import { h, iconButton } from "/web/parts/dom.js";
import { localized, t } from "/web/parts/i18n.js";

const OPEN = 2; // groups that are open at first

let groups = null; // as the service has them: they stay while the page does

/** Ask the service once which sliders there are. Raises Problem. */
export async function loadSliders(signal) {
  groups ??= (await ask("GET", "/sliders", { signal })).items;
}

/**
 * Return the sliders of a preset, which are loaded. `changed` are the values that differ from it; `onchange(changed)`
 * hears all of them whenever a slider moves.
 */
export function sliders(preset, changed, onchange) {
  const values = { ...changed };
  return groups.filter(({ types }) => types.includes(preset.type)).map((group, place) =>
    h("details", { class: "group", open: place < OPEN },
      h("summary", {}, localized(group.label)),
      group.sliders.map((slider) => {
        const own = preset.params[slider.name] ?? slider.neutral;
        return row(slider, own, values[slider.name], (value) => {
          if (Math.abs(value - own) < 1e-9) delete values[slider.name];
          else values[slider.name] = value;
          onchange({ ...values });
        });
      })));
}

function row({ name, label, low, high, step }, own, value, set) {
  const shown = h("span", { class: "value", "aria-hidden": "true" });
  const input = h("input", { type: "range", min: low, max: high, step, value: value ?? own, id: `param-${name}` });
  const back = iconButton("undo", t("look.reset", { name: localized(label) }), { onclick: () => {
    input.value = own;
    input.dispatchEvent(new Event("input"));
    input.focus();
  } });
  const show = () => {
    const now = Number(input.value);
    const text = high === 1 ? String(Math.round(now * 100)) : String(now);
    shown.textContent = low < 0 && now > 0 ? `+${text}` : text;
    input.setAttribute("aria-valuetext", shown.textContent);
    back.style.visibility = Math.abs(now - own) < 1e-9 ? "hidden" : "visible";
  };
  input.addEventListener("input", () => {
    show();
    set(Number(input.value));
  });
  show();
  return h("div", { class: "slider" },
    h("label", { for: input.id }, localized(label)), back, shown, input);
}
