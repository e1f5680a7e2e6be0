// Presets and LUTs that people make and bring.

import { ask, Problem, user } from "/web/parts/api.js";
import { dialog } from "/web/parts/dialog.js";
import { h } from "/web/parts/dom.js";
import { localized, t } from "/web/parts/i18n.js";

/** Ask for a name and keep a preset with changed parameters under it; resolves to the preset, null when given up. */
export function savePreset(preset, changed) {
  return new Promise((resolve) => {
    let made = null;
    const own = preset.built_in === false;
    const name = h("input", { id: "preset-name", required: true, maxlength: 60, value: own ? localized(preset.name) : "" });
    const wrong = h("p", { class: "bad small", role: "alert" });
    const button = h("button", { class: "primary" }, t("save"));
    const form = h("form", { class: "stack", onsubmit: async (event) => {
      event.preventDefault();
      const words = name.value.trim();
      if (!words || button.disabled) return;
      button.disabled = true; // one press, one preset
      const params = { ...preset.params, ...changed };
      try {
        made = own && words === localized(preset.name)
          ? await put({ ...preset, params })
          : await create({ name: words, type: preset.type, params });
        sheet.close();
      } catch (problem) {
        wrong.textContent = problem.message;
        button.disabled = false;
      }
    } },
    h("h2", {}, t("look.save")),
    h("label", { for: "preset-name" }, t("look.name"), name), wrong,
    h("div", { class: "row end" },
      h("button", { type: "button", onclick: () => sheet.close() }, t("cancel")),
      button));
    const sheet = dialog({ "aria-label": t("look.save") }, form);
    sheet.addEventListener("close", () => resolve(made));
  });
}

/** Bring a LUT along, and make a preset of it, so that it stands among the others. Raises Problem. */
export async function takeLut(file) {
  const name = file.name.replace(/\.[^.]+$/, "");
  const { sha256 } = await ask("POST", "/luts", { query: { name: name.slice(0, 200), ...user() }, body: file });
  return create({ name: name.slice(0, 60), type: "filter", params: { lut: sha256 } });
}

async function create({ name, type, params }) {
  const wish = { name: { zh: name, en: name }, type, params };
  const plain = name.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 40) || "look";
  for (let n = 1; ; n++) {
    try {
      return await ask("POST", "/presets", { query: user(), json: { id: n === 1 ? plain : `${plain}-${n}`, ...wish } });
    } catch (problem) {
      if (!(problem instanceof Problem) || problem.code !== "preset_exists" || n > 50) throw problem;
    }
  }
}

function put({ id, name, type, params, description, shared }) {
  return ask("PUT", `/presets/${id}`, { query: user(), json: { id, name, type, params, description, shared } });
}
