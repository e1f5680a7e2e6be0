// What stands above a batch's photos: its state in words and numbers, and what can be done about it.

import { ask, reason } from "/web/parts/api.js";
import { askedName, confirmed } from "/web/parts/dialog.js";
import { h, icon, iconButton } from "/web/parts/dom.js";
import { duration, moment, number, t } from "/web/parts/i18n.js";
import { menu } from "/web/parts/menu.js";
import { hasAlbum, toAlbum } from "/web/results/album.js";
import { anew } from "/web/results/anew.js";
import { presetName } from "/web/results/names.js";
import { saveAll, saveToFolder } from "/web/results/save.js";
import { shareDialog } from "/web/results/share.js";
import { underWayInto } from "/web/choosing/underway.js";
import { ENDED, RUNNING } from "/web/results/states.js";
import { toast } from "/web/parts/toast.js";

const NARROW = matchMedia("(max-width: 43.99rem)");
const SHOWN = 2; // buttons on a phone: the others are in a menu, so that the photos have the screen
const OTHER = { pause: "resume", resume: "pause", cancel: "retry", retry: "pause" }; // what takes a pressed button's place

export class BatchHead {
  /** `act(action)` steers the batch, `removed()` is called once it is deleted, `list` holds its photos. */
  constructor(task, { act, removed, list }) {
    Object.assign(this, { _task: task, _act: act, _removed: removed, _list: list });
    this._title = h("h1", { class: "ellipsis" }, "…");
    this._look = h("span", { class: "soft small ellipsis" });
    this._pencil = iconButton("pencil", t("batch.rename"), { onclick: () => this._rename() });
    this._status = h("span", { class: "status" });
    this._spoken = h("p", { class: "sr-only", role: "status" });
    this._bar = h("progress", { max: 1, value: 0, "aria-label": t("batch.progress") });
    this._coming = h("p", { class: "small coming", role: "status", hidden: true });
    this._numbers = h("p", { class: "soft small" });
    this._lost = h("p", { class: "small lost", hidden: true, role: "status" }, t("batch.lost"));
    this._buttons = h("div", { class: "row tools", role: "toolbar", "aria-label": t("batch.tools") });
    this.element = h("header", { class: "batch-head stack" },
      h("div", { class: "row heading" }, this._title, this._pencil, this._status, this._look), this._bar, this._numbers, this._coming, this._lost, this._spoken, this._buttons);
  }

  show(batch) {
    const before = this._batch;
    this._batch = batch;
    this._showComing();
    if (!before || before.name !== batch.name) this._showName();
    this._bar.hidden = ENDED.includes(batch.status);
    const coming = underWayInto(this._task);
    const { succeeded, failed, cancelled } = batch.counts;
    if (coming) this._bar.value = (succeeded + failed + cancelled) / coming.total;
    else if (batch.progress === null) this._bar.removeAttribute("value");
    else this._bar.value = batch.progress;
    this._numbers.textContent = numbersOf(batch);
    const some = ({ counts }) => counts.succeeded > 0;
    if (before?.status === batch.status && some(before) === some(batch) && retriable(before) === retriable(batch)) return;
    this._status.textContent = this._spoken.textContent = t(`status.${batch.status}`);
    this._status.dataset.status = batch.status;
    this._showButtons();
  }

  /** Tell how many photos are still on their way here. */
  _showComing() {
    const coming = underWayInto(this._task);
    this._coming.hidden = !coming;
    if (!coming) return;
    this._coming.textContent = t("batch.coming", { done: coming.done, n: coming.total });
    if (this._heard !== coming) coming.listen(() => this._showComing());
    this._heard = coming;
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
    const best = running ? "" : "primary"; // of what there is to do
    const album = some && hasAlbum() && button("photos", "album.saveAll", () => toAlbum(this._done()), best);
    const focused = this._buttons.contains(document.activeElement) && document.activeElement.dataset.action;
    const buttons = [
      running && steer("pause", "pause"),
      batch.status === "paused" && steer("play", "resume", "primary"),
      (running || batch.status === "paused") && steer("close", "cancel"),
      album,
      some && button("download", "batch.save", () => saveAll(this._batch), album || batch.status === "paused" ? "" : best),
      some && button("share", "batch.share", () => shareDialog(this._batch)),
      retriable(batch) && steer("retry", "retry"),
      some && "showDirectoryPicker" in window && button("folder", "batch.folder", () => saveToFolder(this._batch)),
      batch.counts.total > 0 && button("sliders", "batch.anew", () => anew(this._task, this._list.photos)),
      button("trash", "batch.delete", () => this._delete(), "danger"),
    ].filter(Boolean);
    const shown = NARROW.matches ? SHOWN : buttons.length;
    const more = buttons.length > shown ? menu(t("batch.more"), buttons.slice(shown)) : null;
    this._buttons.replaceChildren(...buttons.slice(0, shown), ...(more ? [more.button, more.list] : []));
    if (!focused) return;
    const find = (action) => this._buttons.querySelector(`[data-action="${action}"]`);
    (find(focused) ?? find(OTHER[focused]) ?? find("batch.delete")).focus();
  }

  _done() {
    return this._list.photos.filter((photo) => photo?.result).map((photo) => ({ photo }));
  }

  /** Its name, else that of its look. */
  async _showName() {
    const look = await presetName(this._batch.preset);
    this._title.textContent = this._batch.name ?? look;
    this._look.textContent = this._batch.name ? look : "";
  }

  async _rename() {
    const name = await askedName({ title: t("batch.rename"), label: t("batch.name"), value: this._batch.name ?? "" });
    if (name !== null) await this._try(async () => this.show(await ask("PATCH", `/batch/${this._task}`, { json: { name: name || null } })));
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
