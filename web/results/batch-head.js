// What stands above a batch's photos: its state in words and numbers, and what can be done about it.

import { ask, reason } from "/web/parts/api.js";
import { confirmed } from "/web/parts/dialog.js";
import { h, icon } from "/web/parts/dom.js";
import { duration, moment, number, t } from "/web/parts/i18n.js";
import { presetName } from "/web/results/names.js";
import { saveAll, saveToFolder } from "/web/results/save.js";
import { shareDialog } from "/web/results/share.js";
import { ENDED, RUNNING } from "/web/results/states.js";
import { toast } from "/web/parts/toast.js";

const OTHER = { pause: "resume", resume: "pause", cancel: "retry", retry: "pause" }; // what takes a pressed button's place

export class BatchHead {
  /** `act(action)` steers the batch, `removed()` is called once it is deleted. */
  constructor(task, { act, removed }) {
    this._task = task;
    this._act = act;
    this._removed = removed;
    this._title = h("h1", {}, "…");
    this._status = h("span", { class: "status" });
    this._spoken = h("p", { class: "sr-only", role: "status" });
    this._bar = h("progress", { max: 1, value: 0, "aria-label": t("batch.progress") });
    this._numbers = h("p", { class: "soft small" });
    this._lost = h("p", { class: "small lost", hidden: true, role: "status" }, t("batch.lost"));
    this._buttons = h("div", { class: "row tools", role: "toolbar", "aria-label": t("batch.tools") });
    this.element = h("header", { class: "batch-head stack" },
      h("div", { class: "row" }, this._title, this._status), this._bar, this._numbers, this._lost, this._spoken, this._buttons);
  }

  show(batch) {
    const before = this._batch;
    this._batch = batch;
    this._bar.hidden = ENDED.includes(batch.status);
    if (batch.progress === null) this._bar.removeAttribute("value");
    else this._bar.value = batch.progress;
    this._numbers.textContent = numbersOf(batch);
    if (before?.status === batch.status && before.counts.succeeded > 0 === batch.counts.succeeded > 0 && retriable(before) === retriable(batch)) return;
    this._status.textContent = this._spoken.textContent = t(`status.${batch.status}`);
    this._status.dataset.status = batch.status;
    presetName(batch.preset).then((name) => { this._title.textContent = name; });
    this._showButtons();
  }

  connected(yes) {
    this._lost.hidden = yes;
  }

  _showButtons() {
    const batch = this._batch;
    const steer = (symbol, action, kind = "") => h("button", { type: "button", class: kind, "data-action": action, onclick: () => this._try(() => this._act(action)) }, icon(symbol), t(`batch.${action}`));
    const button = (symbol, words, run, kind = "") => h("button", { type: "button", class: kind, "data-action": words, onclick: () => this._try(run) }, icon(symbol), t(words));
    const running = RUNNING.includes(batch.status);
    const some = batch.counts.succeeded > 0;
    const focused = this._buttons.contains(document.activeElement) && document.activeElement.dataset.action;
    this._buttons.replaceChildren(...[
      running && steer("pause", "pause"),
      batch.status === "paused" && steer("play", "resume", "primary"),
      (running || batch.status === "paused") && steer("close", "cancel"),
      some && button("download", "batch.save", () => saveAll(this._batch), running ? "" : "primary"),
      retriable(batch) && steer("retry", "retry"),
      some && button("share", "batch.share", () => shareDialog(this._batch)),
      some && "showDirectoryPicker" in window && button("folder", "batch.folder", () => saveToFolder(this._batch)),
      button("trash", "batch.delete", () => this._delete(), "danger"),
    ].filter(Boolean));
    if (!focused) return;
    const find = (action) => this._buttons.querySelector(`[data-action="${action}"]`);
    (find(focused) ?? find(OTHER[focused]) ?? find("batch.delete")).focus();
  }

  async _try(run) {
    try {
      await run();
    } catch (problem) {
      if (problem.name !== "AbortError") toast(problem.message);
    }
  }

  async _delete() {
    const sure = { title: t("batch.sure"), why: t("batch.sureWhy"), yes: t("batch.delete"), no: t("cancel") };
    if (!(await confirmed(sure))) return;
    await ask("DELETE", `/batch/${this._task}`);
    this._removed();
  }
}

function retriable({ status, counts }) {
  return ENDED.includes(status) && counts.failed + counts.cancelled > 0;
}

function numbersOf({ status, counts, photos_per_s: rate, eta_s: eta, eta_low_s: low, eta_high_s: high, expires_at: until, expanding, truncated, errors }) {
  const running = RUNNING.includes(status);
  return [
    expanding ? t("batch.expanding", { n: counts.total }) : t("batch.done", { done: counts.succeeded, n: counts.total }),
    counts.failed ? t("batch.failed", { n: counts.failed }) : null,
    counts.cancelled ? t("batch.stopped", { n: counts.cancelled }) : null,
    running && rate ? t("batch.rate", { rate: number(rate, 1) }) : null,
    running && eta !== null ? band(eta, low, high) : null,
    truncated ? t("batch.truncated") : null,
    ...(errors ?? []).map(({ source, code, message }) => `${source}: ${reason(code, message)}`),
    !running && until ? t("batch.until", { when: moment(until) }) : null,
  ].filter(Boolean).join(" · ");
}

function band(eta, low, high) {
  const [most, least, about] = [high, low, eta].map((seconds) => duration(seconds ?? eta));
  return most === least ? t("batch.left", { time: about }) : t("batch.leftBand", { time: about, low: least, high: most });
}
