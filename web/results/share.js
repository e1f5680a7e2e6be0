// Links to a batch's results, for other people.

import { ask } from "/web/parts/api.js";
import { dialog } from "/web/parts/dialog.js";
import { h, icon } from "/web/parts/dom.js";
import { moment, t } from "/web/parts/i18n.js";
import { keep, kept } from "/web/parts/kept.js";
import { forgetArchive } from "/web/results/save.js";
import { toast } from "/web/parts/toast.js";

const SPANS = { hour: 3600, day: 86_400, month: 30 * 86_400 }; // the last: as long as the batch is kept

export function shareDialog(batch) {
  const base = `/batch/${batch.task_id}/share`;
  const made = h("div", { class: "stack", "aria-live": "polite" });
  const valid = h("ul", { class: "plain-list" });
  const span = h("select", { id: "share-span" }, Object.keys(SPANS).map((name) => h("option", { value: name, selected: name === "day" }, t(`share.${name}`))));
  const title = h("input", { id: "share-title", maxlength: 200, value: batch.name ?? "", autocomplete: "off" });
  const sender = h("input", { id: "share-sender", maxlength: 100, value: kept("sender") ?? "", autocomplete: "name" });
  const originals = h("input", { type: "checkbox", id: "share-originals" });
  const sheet = dialog({ "aria-label": t("share.title") }, h("div", { class: "stack" },
    h("h2", {}, t("share.title")), h("p", { class: "soft" }, t("share.what")),
    h("label", { for: "share-title" }, t("share.heading"), title),
    h("label", { for: "share-sender" }, t("share.sender"), sender),
    h("label", { for: "share-span" }, t("share.span"), span),
    h("label", { class: "inline", for: "share-originals" }, originals, t("share.originals")),
    h("button", { class: "primary", onclick: () => trying(make) }, icon("link"), t("share.make")),
    made, valid,
    h("div", { class: "row end" }, h("button", { onclick: () => sheet.close() }, t("close")))));

  async function trying(work) {
    try {
      await work();
    } catch (problem) {
      if (problem.name !== "AbortError") toast(problem.message);
    }
  }

  async function make() {
    const { url, expires_at: until } = await ask("POST", base, { json: {
      expires_in_s: SPANS[span.value], title: title.value.trim() || null, sender: sender.value.trim() || null, originals: originals.checked,
    } });
    keep("sender", sender.value.trim() || null);
    const link = new URL(url, location.href).href;
    const input = h("input", { readonly: true, value: link, "aria-label": t("share.link"), onfocus: () => input.select() });
    made.replaceChildren(input, h("div", { class: "row" },
      h("button", { onclick: () => trying(() => copy(link, input)) }, icon("check"), t("share.copy")),
      navigator.share ? h("button", { onclick: () => trying(() => navigator.share({ url: link })) }, icon("share"), t("share.send")) : null,
      h("span", { class: "soft small" }, t("share.until", { when: moment(until) }))));
    input.focus();
    await list();
  }

  async function revoke(id) {
    await ask("DELETE", `${base}/${id}`);
    forgetArchive(batch.task_id);
    made.replaceChildren();
    await list();
    span.focus();
  }

  async function list() {
    const { items } = await ask("GET", base);
    valid.replaceChildren(...items.map(({ id, expires_at: until, title: called, originals: open }) => h("li", { class: "row" },
      h("span", { class: "grow small" }, [called, open ? t("share.withOriginals") : null, t("share.until", { when: moment(until) })].filter(Boolean).join(" · ")),
      h("button", { class: "danger", onclick: () => trying(() => revoke(id)) }, t("share.revoke")))));
  }
  trying(list);
}

/** Copying is for secure pages only; elsewhere the text is selected, to be copied by hand. */
async function copy(text, input) {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
    toast(t("share.copied"));
  } else input.select();
}
