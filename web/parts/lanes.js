// Files that are on their way at the same time, a line each. Lines stay where they are: nothing jumps while files come and go.

import { h } from "/web/parts/dom.js";

export class Lanes {
  constructor(count) {
    this.element = h("ul", { class: "plain-list lanes" });
    this._free = Array.from({ length: count }, () => {
      const name = h("span", { class: "small soft ellipsis" });
      const bar = h("progress");
      const line = h("li", { hidden: true }, name, bar);
      this.element.append(line);
      return { line, name, bar };
    }).reverse();
  }

  /** Take a line for a file of so many bytes: `progress(bytes)` fills it, `end()` leaves it to the next one. */
  take(called, size) {
    const lane = this._free.pop();
    lane.name.textContent = called;
    lane.bar.setAttribute("aria-label", called);
    lane.bar.max = size || 1;
    lane.bar.value = 0;
    lane.line.hidden = false;
    return {
      progress: (bytes) => { lane.bar.value = bytes; },
      end: () => this._free.push(lane),
    };
  }
}
