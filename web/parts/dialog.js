// Dialogs: sheets over the page, one above the other. Each is a step of the browser's history, so that Back closes what
// is on top and nothing else.

import { h } from "/web/parts/dom.js";
import { t } from "/web/parts/i18n.js";

const open = []; // the topmost is the last
let stepping = false; // whether a step back of our own is under way

/** Show a modal dialog, and take it out of the page when it closes. Escape and Back close it. Returns the dialog. */
export function dialog(properties, ...children) {
  const element = h("dialog", properties, ...children);
  element.addEventListener("close", () => {
    element.remove();
    if (open.includes(element)) open.splice(open.indexOf(element), 1);
    setTimeout(settle);
  });
  document.body.append(element);
  open.push(element);
  setTimeout(settle);
  element.showModal();
  return element;
}

/** Ask whether to do something that can't be undone; resolves to the answer. */
export function confirmed({ title, why, yes, no }) {
  return new Promise((resolve) => {
    const answer = (value) => () => {
      resolve(value);
      sheet.close();
    };
    const sheet = dialog({ "aria-label": title }, h("div", { class: "stack" },
      h("h2", {}, title), h("p", {}, why),
      h("div", { class: "row end" },
        h("button", { type: "button", onclick: answer(false) }, no),
        h("button", { type: "button", class: "primary", onclick: answer(true) }, yes))));
    sheet.addEventListener("close", () => resolve(false));
  });
}

/** Ask for a name; resolves to it, trimmed, null when given up. */
export function askedName({ title, label, value }) {
  return new Promise((resolve) => {
    const input = h("input", { id: "asked-name", value, maxlength: 200, autocomplete: "off" });
    const sheet = dialog({ "aria-label": title }, h("form", { class: "stack", onsubmit: (event) => {
      event.preventDefault();
      resolve(input.value.trim());
      sheet.close();
    } },
    h("h2", {}, title),
    h("label", { for: "asked-name" }, label, input),
    h("div", { class: "row end" },
      h("button", { type: "button", onclick: () => sheet.close() }, t("cancel")),
      h("button", { class: "primary" }, t("save")))));
    sheet.addEventListener("close", () => resolve(null));
    input.select();
  });
}

/** Go to another place of the page, once the history has no steps of dialogs any more. */
export async function goTo(hash) {
  for (let tries = 0; tries < 40 && (stepping || depth() !== open.length); tries++) await new Promise((resolve) => setTimeout(resolve, 25));
  location.hash = hash;
}

/** Close every dialog: the place that they were about is left. */
export function closeAll() {
  for (const element of [...open].reverse()) element.close();
}

function depth() {
  return history.state?.depth ?? 0;
}

/** Have as many steps in the history as dialogs are open. */
function settle() {
  if (stepping) return;
  for (let step = depth(); step < open.length; step++) history.pushState({ depth: step + 1 }, "");
  if (depth() <= open.length) return;
  stepping = true;
  history.go(open.length - depth());
}

addEventListener("popstate", () => {
  if (stepping) { // it has arrived; a dialog that was opened meanwhile is not meant
    stepping = false;
    settle();
    return;
  }
  while (open.length > depth()) {
    const top = open.pop();
    if (top.dispatchEvent(new Event("cancel", { cancelable: true }))) top.close(); // else it ends by itself
  }
});
settle(); // a reload may have come while one was open
