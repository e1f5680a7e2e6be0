// What is handed in, as the service wants it.

import { user } from "/web/parts/api.js";
import { ownParams } from "/web/choosing/scope.js";

/** What holds for all photos. */
export function settingsOf({ settings }, preset) {
  const { params, output, light, name } = settings;
  return {
    preset_id: preset.id,
    preset_params: params,
    output,
    name,
    ...(matched(settings, preset) ? { consistency: "shoot", consistency_strength: light } : {}),
    ...user(),
  };
}

/** Whether the light of all photos is matched, which needs all of them. */
export function matched({ light }, { type }) {
  return light !== null && type !== "erase";
}

export function photosOf(photos, preset) {
  return photos.map((photo) => ({ source: photo.url ?? photo.upload.source, params: ownParams(photo, preset) }));
}
