// What a batch's preset is called.

import { ask, user } from "/web/parts/api.js";
import { known, localized, t } from "/web/parts/i18n.js";

let presets = null;
let read = 0; // when
const FRESH = 10_000; // ms

export async function presetName({ id, type }) {
  let preset = await find(id);
  if (!preset && id && Date.now() - read > FRESH) {
    presets = null; // it may be newer than the list
    preset = await find(id);
  }
  if (preset) return localized(preset.name);
  return id ?? (known(`types.${type}`) ? t(`types.${type}`) : type);
}

async function find(id) {
  if (!presets) read = Date.now();
  presets ??= ask("GET", "/presets", { query: user() }).catch(() => {
    presets = null;
    return { items: [] };
  });
  return (await presets).items.find((one) => one.id === id);
}
