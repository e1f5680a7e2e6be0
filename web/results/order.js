// Which photos of a batch are listed, and in which order.

/** By name: which photos a filter lets through. */
export const FILTERS = {
  all: () => true,
  succeeded: ({ status }) => status === "succeeded",
  failed: ({ status }) => ["failed", "cancelled"].includes(status),
  noFace: ({ notes }) => notes.includes("no_face"),
  changed: (photo) => differs(photo) || photo.revision > 0,
};

/** Whether a photo has values of its own; where to erase and which faces are meant differ anyway. */
export function differs({ own_params: own }) {
  return Object.keys(own ?? {}).some((name) => name !== "mask" && name !== "faces");
}

const RANK = { failed: 0, cancelled: 1, processing: 2, queued: 3, succeeded: 4 };

/** By name: how two photos compare. */
export const SORTS = {
  chosen: null,
  name: (a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }) || a.index - b.index,
  problems: (a, b) => RANK[a.status] - RANK[b.status] || a.index - b.index,
};

/** The indices of the first `total` photos that a filter lets through, sorted; one that is not read yet is in `all` only. */
export function arranged(photos, total, filter, sort) {
  const found = [];
  for (let index = 0; index < total; index++) {
    if (filter === "all" || (photos[index] && FILTERS[filter](photos[index]))) found.push(index);
  }
  const compare = SORTS[sort];
  if (!compare) return found;
  const read = found.filter((index) => photos[index]);
  return [...read.sort((a, b) => compare(photos[a], photos[b])), ...found.filter((index) => !photos[index])];
}
