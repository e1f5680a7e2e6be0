// The person's batches, newest first.

import { ask, pause, user } from "/web/parts/api.js";
import { h, icon } from "/web/parts/dom.js";
import { duration, moment, t } from "/web/parts/i18n.js";
import { presetName } from "/web/results/names.js";
import { ENDED } from "/web/results/states.js";

const PAGE = 50;
const EVERY = 2000; // ms between looks

export function batchesView() {
  const ends = new AbortController();
  const list = h("ul", { class: "plain-list batches" });
  const message = h("p", { class: "message soft", role: "status" }, t("batches.loading"));
  const more = h("button", { type: "button", hidden: true, onclick: () => load(next).catch(tell) }, t("more"));
  const element = h("section", { class: "view scrolling", "aria-label": t("top.batches") },
    h("h1", {}, t("top.batches")), message, list, more);
  const rows = new Map(); // task → row
  let next = null;

  async function load(cursor = null) {
    const page = await ask("GET", "/batch", { query: { ...user(), limit: PAGE, cursor }, signal: ends.signal });
    if (cursor || !rows.size) next = page.next_cursor;
    for (const [place, batch] of page.items.entries()) {
      if (!rows.has(batch.task_id)) {
        const row = new Row(batch.task_id);
        rows.set(batch.task_id, row);
        if (cursor) list.append(row.element);
        else list.insertBefore(row.element, list.children[place] ?? null);
      }
      rows.get(batch.task_id).show(batch);
    }
    more.hidden = next === null;
    message.hidden = rows.size > 0;
    if (!rows.size && !message.querySelector("a")) message.replaceChildren(t("batches.none"), " ", h("a", { href: "#/" }, t("top.new")));
  }

  function tell(problem) {
    if (problem.name === "AbortError") return;
    message.hidden = false;
    if (message.textContent !== problem.message) message.textContent = problem.message; // told once
  }

  async function watch() {
    while (!ends.signal.aborted) {
      if (document.visibilityState === "visible") await load().catch(tell);
      await pause(EVERY, ends.signal).catch(() => {});
    }
  }

  watch();
  return { element, title: t("top.batches"), leave: () => ends.abort() };
}

class Row {
  constructor(task) {
    this._name = h("strong", { class: "ellipsis" }, "…");
    this._status = h("span", { class: "status" });
    this._said = h("span", { class: "soft small" });
    this._bar = h("progress", { max: 1, value: 0, "aria-label": t("batch.progress") });
    this.element = h("li", {}, h("a", { class: "batch-row", href: `#/batch/${task}` },
      h("span", { class: "row" }, this._name, this._status), this._said, this._bar, icon("right")));
  }

  show(batch) {
    const { status, counts, progress, eta_s: eta, created_at: created } = batch;
    this._status.textContent = t(`status.${status}`);
    this._status.dataset.status = status;
    this._said.textContent = [
      moment(created),
      t("photos", { n: counts.total }),
      counts.failed ? t("batch.failed", { n: counts.failed }) : null,
      eta ? t("batch.left", { time: duration(eta) }) : null,
    ].filter(Boolean).join(" · ");
    this._bar.hidden = ENDED.includes(status);
    this._bar.value = progress ?? 0;
    if (this._named === (batch.name ?? "")) return;
    this._named = batch.name ?? "";
    if (batch.name) this._name.textContent = batch.name;
    else presetName(batch.preset).then((name) => { this._name.textContent = name; });
  }
}
