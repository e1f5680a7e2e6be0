// Which items of a grid are selected: one by one, a range, all.

export class Selection extends EventTarget {
  #keys = new Set();
  #last = 0; // what was toggled last: a range goes from there
  #asked = false; // somebody wants to select, nothing is selected yet

  /** `keys()` returns the key of each item, in the order of the grid. */
  constructor(keys) {
    super();
    this.keys = keys;
  }

  get size() {
    return this.#keys.size;
  }

  /** Whether a tap selects. */
  get active() {
    return this.#asked || this.#keys.size > 0;
  }

  has(key) {
    return this.#keys.has(key);
  }

  /** The keys of what is selected, in the order of the grid. */
  chosen() {
    return this.keys().filter((key) => this.#keys.has(key));
  }

  /** From now on taps select. */
  begin() {
    this.#asked = true;
    this.#changed();
  }

  toggle(place) {
    this.flip(this.keys()[place]);
  }

  /** Select an item, or no longer, wherever it lies. */
  flip(key) {
    if (!this.#keys.delete(key)) this.#keys.add(key);
    this.#last = Math.max(0, this.keys().indexOf(key));
    this.#asked = false;
    this.#changed();
  }

  /** Select all from what was toggled last up to here. */
  through(place) {
    const [from, to] = [Math.min(this.#last, place), Math.max(this.#last, place)];
    for (const key of this.keys().slice(from, to + 1)) this.#keys.add(key);
    this.#last = place;
    this.#asked = false;
    this.#changed();
  }

  all() {
    for (const key of this.keys()) this.#keys.add(key);
    this.#asked = false;
    this.#changed();
  }

  clear() {
    this.#keys.clear();
    this.#asked = false;
    this.#changed();
  }

  /** Where the next range begins. */
  from(place) {
    this.#last = place;
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}
