// Every photo of a batch as it is now.

import { ask } from "/web/parts/api.js";

const PAGE = 500;

export class PhotoList {
  constructor(task) {
    this.task = task;
    this.photos = []; // by index; holes where not read yet
  }

  /** Read all of it, page by page; `read` is called after each. */
  async load(read, signal) {
    for (let cursor = null; ; ) {
      const { items, next_cursor: next } = await ask("GET", `/batch/${this.task}/photos`, { query: { limit: PAGE, cursor }, signal });
      this.update(items);
      read();
      if (!next) return;
      cursor = next;
    }
  }

  /** Take news in; returns the indices that they are about. */
  update(photos) {
    for (const photo of photos) {
      const timings = photo.timings_ms ?? this.photos[photo.index]?.timings_ms; // progress leaves them out
      this.photos[photo.index] = { ...photo, timings_ms: timings };
    }
    return photos.map(({ index }) => index);
  }

  /** The indices of the photos in one of these states, in their order; of all when none is named. */
  indices(total, states) {
    const found = [];
    for (let index = 0; index < total; index++) if (!states || states.includes(this.photos[index]?.status)) found.push(index);
    return found;
  }
}
