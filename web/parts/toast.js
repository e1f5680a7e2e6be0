// One sentence in passing, at the lower edge; read aloud by screen readers.

import { h } from "/web/parts/dom.js";

const SHOWN = 6000;
let shown = null;

export function toast(text) {
  shown?.remove();
  const place = [...document.querySelectorAll("dialog[open]")].at(-1) ?? document.body; // what lies below a dialog is inert
  const mine = shown = h("div", { class: "toast", role: "status" });
  place.append(mine);
  place.addEventListener("close", () => mine.parentNode === place && document.body.append(mine), { once: true });
  requestAnimationFrame(() => { mine.textContent = text; }); // a change of what is there is read, what is new is not
  setTimeout(() => mine.remove(), SHOWN);
}
