// Every photo of a batch as it is now.

import { ask } from "/web/parts/api.js";
import { FILTERS } from "/web/results/order.js";

const PAGE = 500;
const COUNTED = ["noFace", "changed"]; // what the batch itself does not count

export class PhotoList {
  constructor(task) {
    this.task = task;
    this.photos = []; // by index; holes where not read yet
    this.counts = Object.fromEntries(COUNTED.map((name) => [name, 0]));
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
      const before = this.photos[photo.index];
      const timings = photo.timings_ms ?? before?.timings_ms; // progress leaves them out
      const now = this.photos[photo.index] = { ...photo, timings_ms: timings };
      for (const name of COUNTED) this.counts[name] += Number(FILTERS[name](now)) - Number(before ? FILTERS[name](before) : 0);
    }
    return photos.map(({ index }) => index);
  }
}
