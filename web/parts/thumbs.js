// Thumbnails for the cells that can be seen, a few made at once, the latest wish first.

const KEPT = 600;
const AGAIN = 3000; // ms

/**
 * Makes and keeps thumbnails. `steps` are functions of an item that return a Blob or null: of each item every step is
 * taken in turn, the first step of all wanted items before the second of any; each Blob is shown when it is there.
 */
export class Thumbs {
  constructor(steps, { width = 2 } = {}) {
    this._steps = steps;
    this._width = width;
    this._running = 0;
    this._wanted = new Map(); // key → {item, show, step}, in the order of the wishes
    this._urls = new Map(); // key → {url, step}: what is shown now, and which step made it
  }

  /** Call `show(url)` now or later, once or more often. Returns what takes the wish back. */
  want(key, item, show) {
    const known = this._urls.get(key);
    if (known) {
      this._urls.delete(key); // the latest used is the last to go
      this._urls.set(key, known);
      show(known.url);
    }
    const step = known ? known.step + 1 : 0;
    if (step >= this._steps.length) return () => {};
    const wish = { item, show, step };
    this._wanted.set(key, wish);
    this._go();
    return () => {
      wish.show = null;
      if (this._wanted.get(key) === wish) this._wanted.delete(key);
    };
  }

  /** The address of an item's picture, if there is one by now. */
  url(key) {
    return this._urls.get(key)?.url ?? null;
  }

  /** Forget an item: what it looks like has changed, or it is gone. */
  forget(key) {
    this._wanted.delete(key);
    this._drop(key);
  }

  _drop(key) {
    const known = this._urls.get(key);
    if (known?.url) URL.revokeObjectURL(known.url);
    this._urls.delete(key);
  }

  /** Let go of everything. */
  close() {
    for (const key of [...this._urls.keys()]) this.forget(key);
    this._wanted.clear();
    this._width = 0;
  }

  _go() {
    while (this._running < this._width && this._wanted.size) {
      const entries = [...this._wanted];
      const least = Math.min(...entries.map(([, wish]) => wish.step));
      const [key, wish] = entries.findLast(([, { step }]) => step === least);
      this._wanted.delete(key);
      this._running += 1;
      this._make(key, wish).finally(() => {
        this._running -= 1;
        this._go();
      });
    }
  }

  _again(key, wish) {
    setTimeout(() => {
      if (!wish.show || !this._width) return;
      this._wanted.set(key, wish);
      this._go();
    }, AGAIN);
  }

  async _make(key, wish) {
    let made = null;
    try {
      made = await this._steps[wish.step](wish.item);
    } catch (error) {
      if (error.passing) return this._again(key, wish); // the service or the network is away
    }
    if (made && this._width) {
      this._drop(key);
      this._urls.set(key, { url: URL.createObjectURL(made), step: wish.step });
      wish.show?.(this._urls.get(key).url);
      if (this._urls.size > KEPT) this._drop(this._urls.keys().next().value);
    }
    wish.step += 1;
    if (wish.show && wish.step < this._steps.length) this._wanted.set(key, wish);
  }
}
