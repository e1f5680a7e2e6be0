// A batch: how far it is, and what has become of its photos.

import { ask, blob, pause } from "/web/parts/api.js";
import { BatchHead } from "/web/results/batch-head.js";
import { goTo } from "/web/parts/dialog.js";
import { h, icon } from "/web/parts/dom.js";
import { follow } from "/web/results/follow.js";
import { Grid } from "/web/parts/grid.js";
import { t } from "/web/parts/i18n.js";
import { PhotoList } from "/web/results/photo-list.js";
import { reasonOf, showPhoto } from "/web/results/photo.js";
import { ENDED } from "/web/results/states.js";
import { Thumbs } from "/web/parts/thumbs.js";

const AGAIN = 2000; // ms
const FILTERS = { all: null, succeeded: ["succeeded"], failed: ["failed", "cancelled"] };

export function batchView(task) {
  const list = new PhotoList(task);
  const ends = new AbortController();
  let batch = null;
  let filter = "all";
  let shown = []; // the indices that the grid shows

  const thumbs = new Thumbs([(photo) => blob(photo.result.thumbnail_url, ends.signal)], { width: 4 });
  const grid = new Grid({
    name: t("batch.photos"),
    make: () => cell(list, thumbs, () => shown),
    label: (place) => labelOf(list.photos[shown[place]]),
    open: (place) => showPhoto({ batch, list, indices: shown, place, onclose: (index) => grid.focus(Math.max(0, shown.indexOf(index))) }),
  });
  const head = new BatchHead(task, { act, removed: () => goTo("#/batches") });
  const tabs = h("div", { class: "tabs row", role: "group", "aria-label": t("batch.filter") });
  const message = h("p", { class: "message soft", role: "status" });
  const element = h("section", { class: "view batch", "aria-label": t("batch.title") }, head.element, tabs, message, grid.element);
  head.element.hidden = tabs.hidden = grid.element.hidden = true; // until there is a batch

  for (const name of Object.keys(FILTERS)) {
    tabs.append(h("button", { type: "button", "data-filter": name, "aria-pressed": String(name === filter), onclick: () => {
      filter = name;
      for (const tab of tabs.children) tab.setAttribute("aria-pressed", String(tab.dataset.filter === name));
      lay();
    } }));
  }

  function lay() {
    shown = list.indices(batch.counts.total, FILTERS[filter]);
    grid.setCount(shown.length);
    grid.refreshAll();
    message.textContent = shown.length ? "" : t(`nothing.${batch.counts.total || batch.expanding ? filter : "none"}`);
  }

  function showBatch(now) {
    if (batch && now.version < batch.version) return;
    const grown = batch?.counts.total !== now.counts.total;
    batch = now;
    head.element.hidden = tabs.hidden = false;
    head.show(batch);
    const { total, succeeded, failed, cancelled } = batch.counts;
    const numbers = { all: total, succeeded, failed: failed + cancelled };
    for (const tab of tabs.children) tab.textContent = `${t(`filters.${tab.dataset.filter}`)} ${numbers[tab.dataset.filter]}`;
    if (grown || filter !== "all") lay();
  }

  function told({ batch: now, photos }) {
    const changed = new Set(list.update(photos));
    showBatch(now);
    if (changed.size) shown.forEach((index, place) => changed.has(index) && grid.refresh(place));
  }

  async function act(action) {
    showBatch(await ask("POST", `/batch/${task}/${action}`, { signal: ends.signal }));
    run();
  }

  let running = null;
  /** Follow the batch while there is anything to follow. */
  function run() {
    running ??= watch().catch((problem) => {
      if (problem.name === "AbortError") return;
      message.replaceChildren(problem.status === 404 ? t("errors.no_batch") : problem.message, " ", problem.status === 404
        ? h("a", { href: "#/" }, t("top.new"))
        : h("button", { onclick: () => { message.textContent = ""; run(); } }, icon("retry"), t("again")));
    }).finally(() => {
      running = null;
    });
  }

  async function watch() {
    while (!ends.signal.aborted) {
      try {
        const first = await ask("GET", `/batch/${task}`, { signal: ends.signal });
        if (batch && first.version < batch.version) batch = null; // an older state of it was restored
        showBatch(first);
        await list.load(lay, ends.signal);
        head.connected(true);
        await follow(task, first.version, { told, connected: (yes) => head.connected(yes), signal: ends.signal });
        if (ENDED.includes(batch.status)) return; // otherwise it was opened again meanwhile
      } catch (problem) {
        if (!problem.passing) throw problem;
        if (batch) head.connected(false);
        else if (message.textContent !== problem.message) message.textContent = problem.message; // told once
        await pause(AGAIN, ends.signal);
      }
    }
  }

  run();
  return {
    element,
    title: t("batch.title"),
    leave() {
      ends.abort();
      grid.close();
      thumbs.close();
    },
  };
}

function labelOf(photo) {
  if (!photo) return t("batch.unread");
  return `${photo.name}, ${t(`photo.${photo.status}`)}${photo.error ? `: ${reasonOf(photo)}` : ""}`;
}

function cell(list, thumbs, shown) {
  const image = h("img", { alt: "", draggable: "false", hidden: true });
  const name = h("span", { class: "kind" });
  const badge = h("span", { class: "badge" });
  const element = h("div", { class: "photo" }, name, image, badge);
  let takeBack = () => {};
  let made = null; // of which result the picture is
  return {
    element,
    show(place) {
      const photo = list.photos[shown()[place]];
      const status = photo?.status ?? "queued";
      element.dataset.status = status;
      name.textContent = photo?.name ?? "";
      badge.replaceChildren(...(["failed", "cancelled"].includes(status) ? [icon(status === "failed" ? "warning" : "close")] : []));
      const sha = photo?.result?.sha256 ?? null;
      if (sha === made && sha) return;
      this.clear();
      if (!sha) return;
      made = sha;
      takeBack = thumbs.want(`${photo.index} ${sha}`, photo, (url) => {
        image.src = url;
        image.hidden = false;
      });
    },
    clear() {
      takeBack();
      made = null;
      image.hidden = true;
      image.removeAttribute("src");
    },
  };
}
