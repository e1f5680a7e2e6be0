// A grid, or a strip, of any number of square cells of which only those in sight exist. A list box to keyboard and
// screen reader.

import { h } from "/web/parts/dom.js";
import { onLongPress } from "/web/parts/long-press.js";

const GAP = 6;
const ROWS_BEYOND = 2;

export class Grid {
  /**
   * `make()` returns the inside of a new cell: `{element, show(index), clear()}`; cells are used again for other
   * indices. `label(index)` says what a cell is to a screen reader, `open(index)` is called by a tap and Enter. With a
   * `selection`, whose keys are `key(index)`, items are selected by their tick, a long press, Space, and with Ctrl, Cmd
   * or Shift; taps select once one is. `remove()` is called by Delete.
   */
  constructor({ name, make, label, open, selection = null, key = (index) => index, remove = null, cell = 108 }) {
    Object.assign(this, { _make: make, _label: label, _open: open, _selection: selection, _key: key, _remove: remove, _cell: cell });
    this._ids = this.constructor === Grid ? "cell" : "strip";
    this._count = 0;
    this._columns = 1;
    this._active = 0;
    this._cells = new Map(); // index → cell
    this._spare = [];
    this._inner = h("div", { class: "grid-inner", role: "presentation" });
    this.element = h("div", { class: this.constructor === Grid ? "grid" : "strip", role: "listbox", tabindex: "0", "aria-label": name }, this._inner);
    this.element.addEventListener("scroll", () => this._later(), { passive: true });
    this.element.addEventListener("keydown", (event) => this._pressed(event));
    this.element.addEventListener("click", (event) => this._click(event));
    if (selection) {
      this.element.setAttribute("aria-multiselectable", "true");
      selection.addEventListener("change", () => this.refreshAll());
      onLongPress(this.element, (event) => {
        const cell = event.target.closest(".cell");
        if (cell) selection.toggle(Number(cell.dataset.index));
      });
    }
    this._observer = new ResizeObserver(() => this._lay());
    this._observer.observe(this.element);
  }

  setCount(count) {
    this._count = count;
    this._active = Math.max(0, Math.min(this._active, count - 1));
    this.element.hidden = count === 0;
    this._lay();
  }

  /** Show a cell anew, if it is in sight. */
  refresh(index) {
    const cell = this._cells.get(index);
    if (cell) this._fill(cell, index);
  }

  refreshAll() {
    this.element.classList.toggle("selecting", this._selection?.active ?? false);
    for (const [index, cell] of this._cells) this._fill(cell, index);
  }

  /** Make a cell the one that keys act on, and have it seen. */
  show(index) {
    if (index >= 0) this._activate(index);
  }

  focus(index) {
    this._activate(index);
    this.element.focus({ preventScroll: true });
  }

  close() {
    this._observer.disconnect();
    for (const cell of this._cells.values()) cell.inside.clear();
    this._cells.clear();
  }

  _lay() {
    const width = this.element.clientWidth;
    if (!width || !this._count) return this._draw();
    this._columns = Math.max(3, Math.floor((width + GAP) / (this._cell + GAP)));
    this._side = Math.floor((width - GAP * (this._columns - 1)) / this._columns);
    const rows = Math.ceil(this._count / this._columns);
    this._inner.style.height = `${rows * (this._side + GAP) - GAP}px`;
    this._draw(true);
  }

  _later() {
    this._frame ??= requestAnimationFrame(() => {
      this._frame = null;
      this._draw();
    });
  }

  _draw(moved = false) {
    const [first, end] = this._sight();
    for (const [index, cell] of this._cells) {
      if (index >= first && index < end) continue;
      cell.inside.clear();
      cell.element.hidden = true;
      cell.element.removeAttribute("id");
      this._cells.delete(index);
      this._spare.push(cell);
    }
    for (let index = first; index < end; index++) {
      const known = this._cells.get(index);
      if (known && !moved) continue;
      const cell = known ?? this._spare.pop() ?? this._cellMade();
      this._cells.set(index, cell);
      const { style } = cell.element;
      style.width = style.height = `${this._side}px`;
      style.transform = this._place(index);
      this._fill(cell, index);
    }
  }

  /** The first cell that may be seen, and the one behind the last. */
  _sight() {
    const step = (this._side ?? 1) + GAP;
    const first = Math.max(0, Math.floor(this.element.scrollTop / step) - ROWS_BEYOND) * this._columns;
    const rows = Math.ceil(this.element.clientHeight / step) + 1 + 2 * ROWS_BEYOND;
    return [first, this._side ? Math.min(this._count, first + rows * this._columns) : 0];
  }

  _place(index) {
    const step = this._side + GAP;
    return `translate(${(index % this._columns) * step}px, ${Math.floor(index / this._columns) * step}px)`;
  }

  /** Scroll until a cell is seen. */
  _reveal(index) {
    const step = this._side + GAP;
    const top = Math.floor(index / this._columns) * step;
    const { scrollTop, clientHeight } = this.element;
    if (top < scrollTop) this.element.scrollTop = top;
    else if (top + step > scrollTop + clientHeight) this.element.scrollTop = top + step - clientHeight;
  }

  _cellMade() {
    const inside = this._make();
    const element = h("div", { class: "cell", role: "option" }, inside.element);
    this._inner.append(element);
    return { element, inside };
  }

  _fill(cell, index) {
    const { element, inside } = cell;
    element.hidden = false;
    element.id = `${this._ids}-${index}`;
    element.dataset.index = index;
    element.setAttribute("aria-label", this._label(index));
    element.setAttribute("aria-posinset", index + 1);
    element.setAttribute("aria-setsize", this._count);
    const selected = this._selection?.has(this._key(index)) ?? false;
    element.setAttribute("aria-selected", String(selected));
    inside.element.classList.toggle("selected", selected);
    element.classList.toggle("active", index === this._active);
    inside.show(index);
  }

  _activate(index) {
    const before = this._active;
    this._active = Math.max(0, Math.min(index, this._count - 1));
    this._reveal(this._active);
    this._draw();
    this.refresh(before);
    this.refresh(this._active);
    this.element.setAttribute("aria-activedescendant", `${this._ids}-${this._active}`);
  }

  _click(event) {
    const cell = event.target.closest(".cell");
    if (!cell) return;
    const index = Number(cell.dataset.index);
    const selection = this._selection;
    this._activate(index);
    if (selection && event.shiftKey) selection.through(index);
    else if (selection && (selection.active || event.ctrlKey || event.metaKey || event.target.closest(".tick"))) selection.toggle(index);
    else this._open(index);
  }

  _pressed(event) {
    const page = this._columns * Math.max(1, Math.floor(this.element.clientHeight / (this._side + GAP)));
    const steps = {
      ArrowRight: 1, ArrowLeft: -1, ArrowDown: this._columns, ArrowUp: -this._columns,
      PageDown: page, PageUp: -page, Home: -this._count, End: this._count,
    };
    if (event.key in steps) this._step(steps[event.key], event.shiftKey);
    else if (event.key === "Enter") this._open(this._active);
    else if (!this._selection || !this._select(event)) return;
    event.preventDefault();
  }

  _step(step, extend) {
    const before = this._active;
    this._activate(before + step);
    if (!extend || !this._selection) return;
    if (!this._selection.size) this._selection.from(before);
    this._selection.through(this._active);
  }

  /** Do what a key means for the selection; returns whether it means anything. */
  _select(event) {
    const selection = this._selection;
    if (event.key === " ") event.shiftKey ? selection.through(this._active) : selection.toggle(this._active);
    else if (event.key.toLowerCase() === "a" && (event.ctrlKey || event.metaKey)) selection.all();
    else if (event.key === "Escape" && selection.active) selection.clear();
    else if (["Delete", "Backspace"].includes(event.key) && this._remove && selection.size) this._remove();
    else return false;
    return true;
  }
}

/** One row of cells, which are as high as it is. */
export class Strip extends Grid {
  _lay() {
    this._side = this.element.clientHeight;
    this._columns = Math.max(1, this._count);
    this._inner.style.width = `${this._count * (this._side + GAP) - GAP}px`;
    this._draw(true);
  }

  _sight() {
    if (!this._side) return [0, 0];
    const step = this._side + GAP;
    const first = Math.max(0, Math.floor(this.element.scrollLeft / step) - ROWS_BEYOND);
    return [first, Math.min(this._count, first + Math.ceil(this.element.clientWidth / step) + 1 + 2 * ROWS_BEYOND)];
  }

  _place(index) {
    return `translateX(${index * (this._side + GAP)}px)`;
  }

  _reveal(index) {
    const left = index * (this._side + GAP);
    const { scrollLeft, clientWidth } = this.element;
    if (left < scrollLeft || left + this._side > scrollLeft + clientWidth) this.element.scrollLeft = left - (clientWidth - this._side) / 2;
  }
}
