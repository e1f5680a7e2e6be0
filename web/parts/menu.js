// A button with further things to do behind it.

import { h, iconButton } from "/web/parts/dom.js";

/** Return `{button, list}`: the button opens the list, which holds `items`, buttons; a press of one closes it. */
export function menu(label, items) {
  const list = h("div", { class: "menu", popover: "auto", role: "group", "aria-label": label, onclick: () => list.hidePopover() }, items);
  const button = iconButton("more", label, { "aria-haspopup": "true", "aria-expanded": "false" });
  button.popoverTargetElement = list;
  list.addEventListener("toggle", ({ newState }) => {
    button.setAttribute("aria-expanded", String(newState === "open"));
    if (newState !== "open") return;
    place(list, button);
    items.find((item) => !item.hidden)?.focus();
  });
  return { button, list };
}

/** Lay the list under its button, or over it where there is no room. */
function place(list, button) {
  const edges = button.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = list;
  list.style.left = `${Math.max(8, Math.min(edges.right - width, innerWidth - width - 8))}px`;
  const below = edges.bottom + 4;
  list.style.top = `${below + height < innerHeight ? below : Math.max(8, edges.top - height - 4)}px`;
}
