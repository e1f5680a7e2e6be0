// What the cards of presets show: the whole photo, and for beauty a face, in which light and heavy can be told apart.

import { previews } from "/web/parts/api.js";
import { croppedTo } from "/web/parts/pictures.js";

const CARD = 256, LARGE = 1024; // pixels
const MOST = 24; // looks in one request
const TRIED = 4; // photos that are searched for a face

/** Show pictures on cards. `sources` are functions that resolve to photos at the service, the first one's on show. */
export async function pictureCards(cards, presets, sources, signal) {
  const able = presets.filter(({ type }) => type !== "erase").slice(0, MOST);
  const beauty = able.filter(({ type }) => type === "beauty");
  const show = async (some, source, side, cut = (image) => image) => {
    if (!some.length) return;
    const pictures = await previews(source, some.map(({ id }) => ({ preset_id: id })), side, signal);
    for (const [place, { image }] of pictures.entries()) if (image) cards.get(some[place].id)?.show(await cut(image));
  };
  const first = await sources[0]();
  await show(able.filter((preset) => !beauty.includes(preset)), first, CARD);
  if (!beauty.length) return;
  const found = await faceIn(sources.slice(0, TRIED), beauty[0], signal);
  if (found) await show(beauty, found.source, LARGE, (image) => croppedTo(image, found.box, CARD));
  else await show(beauty, first, CARD);
}

/** The first photo with a face, and its largest face; null where none has one. */
async function faceIn(sources, { id }, signal) {
  for (const sourceOf of sources) {
    const source = await sourceOf().catch(() => null);
    if (!source) continue;
    const [{ faces }] = await previews(source, [{ preset_id: id }], LARGE, signal);
    const [largest] = (faces ?? []).sort((a, b) => b.box[2] - a.box[2]);
    if (largest) return { source, box: largest.box };
  }
  return null;
}
