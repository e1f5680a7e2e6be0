// One of the photos that are chosen, seen large before anything is done with it.

import { unchanged } from "/web/parts/api.js";
import { bytes, t } from "/web/parts/i18n.js";
import { shownAs, showable } from "/web/choosing/uploads.js";
import { openViewer } from "/web/results/viewer.js";

const LARGE = 1024;

/** Open the photo at a place; `closed(place)` hears which one was seen last. */
export function lookAt(draft, thumbs, selection, place, closed) {
  const photos = [...draft.photos];
  openViewer({
    title: t("choose.title"),
    count: photos.length,
    index: place,
    quick: (at) => thumbs.url(photos[at].id),
    load: async (at) => ({ name: photos[at].name, before: null, ...await picture(draft, photos[at]) }),
    describe: (at) => [
      [t("details.name"), photos[at].name],
      ...(photos[at].file ? [[t("details.bytes"), bytes(photos[at].file.size)]] : [[t("details.source"), photos[at].url]]),
    ],
    selection: { has: (at) => selection.has(photos[at].id), toggle: (at) => selection.flip(photos[at].id) },
    onclose: closed,
  });
}

/** The photo as this browser can show it, or as the service does. */
async function picture(draft, photo) {
  const { file, error } = photo;
  if (error) return { after: file, error };
  if (!showable(photo)) return { after: null, error: t("look.noPreview") };
  try {
    if (file) {
      (await createImageBitmap(file, { resizeWidth: 8 })).close();
      return { after: file, error: null };
    }
  } catch { /* a format for the service */ }
  return { after: await unchanged(await shownAs(draft, photo), LARGE), error: null };
}
