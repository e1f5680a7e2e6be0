// The page's frame: where one is (the address's #), what stands above everything, and what is told in passing.

import { anewInto } from "/web/results/anew.js";
import { apiKey, dropNeedlessKey, keepApiKey, whenKeyIsNeeded } from "/web/parts/api.js";
import { batchView } from "/web/results/batch.js";
import { batchesView } from "/web/results/batches.js";
import { chooseView } from "/web/choosing/choose.js";
import { closeAll, dialog } from "/web/parts/dialog.js";
import { h, icon, iconButton } from "/web/parts/dom.js";
import { Draft } from "/web/choosing/draft.js";
import { LANGUAGES, language, speak, t } from "/web/parts/i18n.js";
import { resume, underWay } from "/web/choosing/underway.js";
import { lookView } from "/web/choosing/look.js";

const draft = new Draft();
anewInto(draft);
const main = document.querySelector("main");
let view = null;

/** A view is `{element, title, leave}`: `leave` lets go of what it holds. */
function go() {
  view?.leave?.();
  closeAll();
  const [, place = "", id] = location.hash.split("/");
  if (place === "batch" && id) view = batchView(id);
  else if (place === "batches") view = batchesView();
  else if (place === "look" && draft.photos.length) view = lookView(draft);
  else {
    if (place) history.replaceState(history.state, "", "#/"); // there is nothing to choose a look for
    view = chooseView(draft);
  }
  document.title = view.title ? `${view.title} · photobatch` : "photobatch";
  main.replaceChildren(view.element);
  main.focus({ preventScroll: true });
  for (const link of document.querySelectorAll("header nav a")) {
    if (link.hash === (location.hash || "#/")) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

function top() {
  const other = language === "zh" ? "en" : "zh";
  return [
    h("a", { class: "brand", href: "#/", "aria-label": t("top.new") }, icon("mark"), h("span", {}, "photobatch")),
    h("nav", { class: "row grow", "aria-label": t("top.pages") },
      h("a", { class: "button plain", href: "#/" }, icon("plus"), h("span", {}, t("top.new"))),
      h("a", { class: "button plain", href: "#/batches" }, icon("list"), h("span", {}, t("top.batches")))),
    keyButton,
    h("button", { class: "plain language", type: "button", lang: other, onclick: () => speak(other) }, LANGUAGES[other]),
  ];
}

const keyButton = iconButton("key", t("top.key"), { hidden: true, onclick: async () => {
  declined = false;
  if (await keyAsked()) go();
} });

/** Ask for an API key; resolves to whether there is another one now. */
function askForKey() {
  keyButton.hidden = false;
  return new Promise((resolve) => {
    const before = apiKey();
    const input = h("input", { type: "password", autocomplete: "current-password", id: "api-key", value: before });
    const form = h("form", { method: "dialog", class: "stack" },
      h("h2", {}, t("key.title")),
      h("input", { autocomplete: "username", value: location.host, hidden: true }), // what a password manager calls it
      h("label", { for: "api-key" }, t("key.label"), input),
      h("p", { class: "soft small" }, t("key.why")),
      h("div", { class: "row end" },
        h("button", { type: "button", onclick: () => sheet.close() }, t("cancel")),
        h("button", { class: "primary" }, t("key.use"))));
    let used = false;
    form.addEventListener("submit", () => {
      used = true;
      keepApiKey(input.value.trim());
    });
    const sheet = dialog({ "aria-label": t("key.title") }, form);
    sheet.addEventListener("close", () => {
      if (apiKey() !== before) draft.forgetUploads();
      resolve(used);
    });
  });
}

let asking = null; // one dialog, however many requests were refused
let declined = false; // who closed it is not asked again, but may press the key above
function keyAsked() {
  asking ??= askForKey().then((changed) => {
    asking = null;
    declined = !changed;
    return changed;
  });
  return asking;
}
whenKeyIsNeeded(async () => !declined && (await keyAsked()) && apiKey() !== null);

document.querySelector("header.top").append(...top());
addEventListener("beforeunload", (event) => {
  if (view?.busy?.() || underWay() || document.querySelector("dialog.mask") || (draft.photos.length && !draft.safe)) event.preventDefault();
});
await Promise.all([draft.load(), dropNeedlessKey()]);
const leftAt = location.hash;
resume(draft, (task) => { // the page was left between "Start" and the batch
  if (leftAt === "#/look" && ["#/", "#/look"].includes(location.hash)) location.hash = `#/batch/${task}`;
});
keyButton.hidden = apiKey() === null;
addEventListener("hashchange", go);
go();
