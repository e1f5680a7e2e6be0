// A batch: how far it is, and what has become of its photos.

import { ask, blob, pause } from "/web/parts/api.js";
import { BatchHead } from "/web/results/batch-head.js";
import { goTo } from "/web/parts/dialog.js";
import { h, icon } from "/web/parts/dom.js";
import { follow } from "/web/results/follow.js";
import { Grid } from "/web/parts/grid.js";
import { t } from "/web/parts/i18n.js";
import { arranged, differs, FILTERS, SORTS } from "/web/results/order.js";
import { badges, cell, keyOf } from "/web/results/photo-cell.js";
import { PhotoList } from "/web/results/photo-list.js";
import { reasonOf, showPhoto } from "/web/results/photo.js";
import { chosenBar } from "/web/results/chosen.js";
import { Selection } from "/web/parts/selection.js";
import { smallOriginal } from "/web/results/originals.js";
import { ENDED } from "/web/results/states.js";
import { Thumbs } from "/web/parts/thumbs.js";

const AGAIN = 2000; // ms

export function batchView(task) {
  const list = new PhotoList(task);
  const ends = new AbortController();
  let batch = null;
  let filter = "all", sort = "chosen";
  let shown = []; // the indices that the grid shows
  let viewer = null; // what shows one photo large

  const selection = new Selection(() => shown);
  const thumbs = new Thumbs([(photo) => blob(photo.result.thumbnail_url, ends.signal)], { width: 4 });
  const originals = new Thumbs([(photo) => smallOriginal(task, photo, ends.signal)]);
  const grid = new Grid({
    name: t("batch.photos"),
    make: () => cell((place) => list.photos[shown[place]], thumbs, originals),
    label: (place) => labelOf(list.photos[shown[place]]),
    open,
    selection,
    key: (place) => shown[place],
  });

  function open(place) {
    viewer = showPhoto({
      batch: () => batch, list, indices: shown, place, selection,
      quick: (photo) => (photo.result ? thumbs : originals).url(keyOf(photo)),
      adjusted: (photo) => {
        told({ batch, photos: [photo] });
        run();
      },
      onclose: (index) => {
        viewer = null;
        grid.focus(Math.max(0, shown.indexOf(index)));
      },
    });
  }

  const head = new BatchHead(task, { act, removed: () => goTo("#/batches"), list });
  const tabs = h("div", { class: "tabs", role: "group", "aria-label": t("batch.filter") });
  const sorting = h("select", { "aria-label": t("sort.label"), onchange: () => {
    sort = sorting.value;
    lay();
  } }, Object.keys(SORTS).map((name) => h("option", { value: name }, t(`sort.${name}`))));
  const begin = h("button", { type: "button", class: "plain", onclick: () => selection.begin() }, t("select.begin"));
  const arranging = h("div", { class: "arranging row" }, tabs, h("div", { class: "row" }, sorting, begin));
  const some = chosenBar(task, list, selection, () => batch);
  const message = h("p", { class: "message soft", role: "status" });
  const element = h("section", { class: "view batch", "aria-label": t("batch.title") }, head.element, arranging, some, message, grid.element);
  head.element.hidden = arranging.hidden = grid.element.hidden = true; // until there is a batch

  for (const name of Object.keys(FILTERS)) {
    tabs.append(h("button", { type: "button", "data-filter": name, "aria-pressed": String(name === filter), onclick: () => {
      filter = name;
      lay();
    } }));
  }

  function lay() {
    shown = arranged(list.photos, batch.counts.total, filter, sort);
    grid.setCount(shown.length);
    grid.refreshAll();
    message.textContent = shown.length ? "" : t(`nothing.${batch.counts.total || batch.expanding ? filter : "none"}`);
    showTabs();
  }

  /** A filter that lets nothing through is left out, but for the usual ones. */
  function showTabs() {
    const { total, succeeded, failed, cancelled } = batch.counts;
    const numbers = { all: total, succeeded, failed: failed + cancelled, ...list.counts };
    for (const tab of tabs.children) {
      const name = tab.dataset.filter;
      tab.textContent = `${t(`filters.${name}`)} ${numbers[name]}`;
      tab.setAttribute("aria-pressed", String(name === filter));
      tab.hidden = name in list.counts && !numbers[name] && name !== filter;
    }
  }

  function showBatch(now) {
    if (batch && now.version < batch.version) return;
    const grown = batch?.counts.total !== now.counts.total;
    batch = now;
    head.element.hidden = arranging.hidden = false;
    head.show(batch);
    if (grown || filter !== "all" || sort !== "chosen") lay();
    else showTabs();
  }

  function told({ batch: now, photos }) {
    const changed = new Set(list.update(photos));
    showBatch(now);
    if (changed.size) shown.forEach((index, place) => changed.has(index) && grid.refresh(place));
    viewer?.changed();
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
        await list.load(() => {
          lay();
          viewer?.changed();
        }, ends.signal);
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
      originals.close();
    },
  };
}

function labelOf(photo) {
  if (!photo) return t("batch.unread");
  const why = photo.error ? `: ${reasonOf(photo)}` : "";
  return [`${photo.name}, ${t(`photo.${photo.status}`)}${why}`, ...badges(photo), differs(photo) ? t("badges.own") : null].filter(Boolean).join(", ");
}
