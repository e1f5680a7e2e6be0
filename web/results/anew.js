// Another look on photos that the service has already: nothing is sent again.

import { goTo } from "/web/parts/dialog.js";

let draft = null;

/** The draft that photos of a batch are put into. */
export function anewInto(given) {
  draft = given;
}

/** Choose these photos of a batch, and go on to the looks. */
export async function anew(task, photos) {
  draft.add({ earlier: photos.map(({ index, name, source }) => ({
    name, url: `batch:${task}/${index}`, known: source.startsWith("upload:") ? source : null,
  })) });
  await goTo("#/look");
}
