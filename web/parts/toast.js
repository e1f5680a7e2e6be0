// One sentence in passing, at the lower edge; read aloud by screen readers. It may offer something to do.

import { h } from "/web/parts/dom.js";

const SHOWN = 6000, OFFERED = 10_000; // ms
let shown = null;

/** Say a sentence; `offer` is `{label, run}`, a button beside it. */
export function toast(text, offer = null) {
  shown?.remove();
  const place = [...document.querySelectorAll("dialog[open]")].at(-1) ?? document.body; // what lies below a dialog is inert
  const said = h("span", { role: "status" });
  const mine = shown = h("div", { class: "toast" }, said);
  if (offer) {
    mine.append(h("button", { type: "button", class: "plain", onclick: () => {
      mine.remove();
      offer.run();
    } }, offer.label));
  }
  place.append(mine);
  place.addEventListener("close", () => mine.parentNode === place && document.body.append(mine), { once: true });
  requestAnimationFrame(() => { said.textContent = text; }); // a change of what is there is read, what is new is not
  setTimeout(() => mine.remove(), offer ? OFFERED : SHOWN);
}
