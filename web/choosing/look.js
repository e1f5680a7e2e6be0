// The second step: what becomes of the photos. The presets are shown on the first one, the chosen one on any.

import { ask, pause, previews, Problem, UNCHANGED, user } from "/web/parts/api.js";
import { pictureCards } from "/web/choosing/card-pictures.js";
import { cards } from "/web/choosing/cards.js";
import { cell, photoThumbs } from "/web/choosing/photo-cell.js";
import { confirmed, goTo } from "/web/parts/dialog.js";
import { debounced, h, icon, iconButton } from "/web/parts/dom.js";
import { eraseList, marked } from "/web/choosing/erase.js";
import { lightChoice } from "/web/choosing/light.js";
import { localized, t } from "/web/parts/i18n.js";
import { outputChoices } from "/web/choosing/output.js";
import { Preview } from "/web/choosing/preview.js";
import { ownLook, ownParams, Scope } from "/web/choosing/scope.js";
import { Selection } from "/web/parts/selection.js";
import { Strip } from "/web/parts/grid.js";
import { sendOff } from "/web/choosing/sending.js";
import { loadSliders, sliders } from "/web/choosing/sliders.js";
import { takeLut, savePreset } from "/web/choosing/own.js";
import { toast } from "/web/parts/toast.js";
import { maskSource, showable, shownAs } from "/web/choosing/uploads.js";

const LARGE = 1024;
const QUIET = 120; // ms without a move of a slider
const AGAIN = 2500;
const ORDER = [
  "beauty_light", "beauty_medium", "beauty_heavy", "beauty_natural", "beauty_soft", "beauty_fresh",
  "filter_warm", "filter_cool", "filter_sky", "filter_food", "filter_night",
  "color_vintage", "color_film", "color_mono", "color_cinema", "erase",
];
const FIRST = ORDER[0];

/** The built-in ones by kind, those for most photos first, then the person's own. */
const place = ({ id }) => (ORDER.includes(id) ? ORDER.indexOf(id) : ORDER.length);

export function lookView(draft) {
  let current = null; // the photo on which the look is shown
  let presets = [];
  let preset = null;
  let asking = null; // the call for the large picture
  let sending = null;
  let gone = false;
  const ends = new AbortController();

  const thumbs = photoThumbs(draft);
  const preview = new Preview({ turn, choose: (faces) => {
    draft.update(current, { faces });
    refresh();
  } });
  const selection = new Selection(() => draft.photos.map(({ id }) => id));
  const strip = new Strip({
    name: t("look.strip"),
    make: () => cell(draft, thumbs),
    label: (index) => [draft.photos[index].name, draft.photos[index].own?.preset === preset?.id ? t("badges.own") : ""].filter(Boolean).join(", "),
    open: (index) => {
      if (!able().includes(draft.photos[index])) return;
      turnTo(draft.photos[index]);
      refresh();
    },
    selection,
    key: (index) => draft.photos[index]?.id,
  });
  const meant = () => {
    const chosen = new Set(selection.chosen());
    return chosen.size ? draft.photos.filter(({ id }) => chosen.has(id)) : [current].filter(Boolean);
  };
  const scope = new Scope({ some: meant, changed: showSettings, reset: () => {
    giveOwn({});
    showSettings();
    refresh();
  } });
  selection.addEventListener("change", () => {
    scope.forAll = scope.forAll && !selection.size;
    const [first] = meant().filter((photo) => able().includes(photo));
    if (!first || first === current || (selection.size > 0 && meant().includes(current))) return showSettings();
    turnTo(first);
    refresh();
  });
  const library = h("div", { class: "cards", role: "group", "aria-label": t("look.presets") });
  const about = h("div", { class: "about stack tight" });
  const settings = h("div", { class: "settings" });
  const start = h("button", { class: "primary", hidden: true, onclick: begin });
  const cube = h("input", { type: "file", accept: ".cube,image/png", tabindex: "-1", "aria-hidden": "true", onchange: () => {
    if (cube.files[0]) importLut(cube.files[0]);
    cube.value = "";
  } });
  const element = h("section", { class: "view look", "aria-label": t("look.title") },
    h("h1", { class: "sr-only" }, t("look.title")), cube,
    h("div", { class: "looks" }, h("div", { class: "seen" }, preview.element, strip.element), h("div", { class: "side" }, library, about, settings)),
    h("footer", { class: "bar row" },
      h("a", { class: "button", href: "#/" }, icon("left"), t("back")),
      h("p", { class: "grow" }), start));

  /** The photos that can be shown. */
  const able = () => draft.photos.filter((photo) => showable(photo) && !photo.error);

  function turnTo(photo) {
    const photos = able();
    current = photo;
    preview.turnTo(photo, photos.indexOf(photo) + 1, photos.length);
    strip.show(draft.photos.indexOf(photo));
    if (!preset) return;
    if (Object.keys(ownLook(photo, preset)).length) scope.forAll = false;
    showSettings();
  }

  /** Give the photos that are meant values of their own. */
  function giveOwn(params) {
    const given = Object.keys(params).length ? { preset: preset.id, params } : null;
    for (const photo of meant()) draft.update(photo, { own: given });
    strip.refreshAll();
    scope.show(preset, draft.photos.length);
  }

  function turn(step) {
    const photos = able();
    turnTo(photos.at((photos.indexOf(current) + step) % photos.length));
    refresh();
  }

  /** Return the current photo as a source; if the service does not take it, the first that it takes. Raises Problem. */
  async function sample() {
    const tried = new Set();
    for (;;) {
      const left = able().filter((each) => !tried.has(each));
      const photo = left.includes(current) ? current : left[0] ?? current;
      if (photo !== current) turnTo(photo);
      try {
        return await shownAs(draft, photo);
      } catch (problem) {
        if (tried.has(photo) || !(problem instanceof Problem) || !problem.ofTheFile) throw problem;
        tried.add(photo);
        draft.update(photo, { error: problem.message });
      }
    }
  }

  /** Ask for the large picture; the call before is given up. */
  async function refresh() {
    if (!current || !preset || gone) return;
    asking?.abort();
    const mine = asking = new AbortController();
    preview.wait();
    try {
      const source = await sample();
      const unmarked = preset.type === "erase" && !current.mask;
      if (preset.type === "erase" && current.mask) await maskSource(draft, current, mine.signal);
      const params = { ...draft.settings.params, ...(unmarked ? {} : ownParams(current, preset)) };
      const items = [{ preset_id: preset.id, preset_params: params }, ...(preview.bare ? [UNCHANGED] : [])];
      const [after, before] = unmarked
        ? [null, ...await previews(source, [UNCHANGED], LARGE, mine.signal)]
        : await previews(source, items, LARGE, mine.signal);
      if (mine.signal.aborted || gone) return;
      preview.show(after, before);
    } catch (problem) {
      if (problem.name === "AbortError" || gone) return;
      preview.say(problem.message);
      if (problem.passing) pause(AGAIN, mine.signal).then(refresh, () => {}); // no worker yet, or the network away
    } finally {
      if (asking === mine) preview.ready();
    }
  }

  const refreshSoon = debounced(refresh, QUIET);

  function choose(chosen, params = {}) {
    preset = chosen;
    scope.forAll = true;
    draft.set({ preset: preset.id, params });
    strip.refreshAll();
    showLibrary();
    showSettings();
    refresh();
  }

  function showLibrary() {
    for (const card of library.children) {
      const chosen = card.dataset.preset === preset?.id;
      card.setAttribute("aria-pressed", String(chosen));
      if (chosen) card.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
  }

  function showSettings() {
    const own = preset.built_in === false;
    const groups = () => [...settings.querySelectorAll("details")];
    const before = groups().map(({ open }) => open);
    about.replaceChildren(
      h("h2", {}, localized(preset.name)),
      h("p", { class: "soft small" }, localized(preset.description)),
      h("div", { class: "row" },
        preset.type === "erase" ? null : h("button", { type: "button", class: "plain", onclick: keep }, icon("plus"), t("look.save")),
        preset.type === "erase" ? null : h("button", { type: "button", class: "plain", onclick: () => cube.click() }, icon("folder"), t("look.cube")),
        own ? iconButton("trash", t("look.delete"), { onclick: removePreset }) : null,
        preset.type === "beauty" ? preview.faces.all : null));
    settings.replaceChildren(
      ...(preset.type === "erase" ? [eraseList(draft, thumbs, () => { showStart(); refresh(); })] : []),
      scope.element,
      ...sliders(scope.forAll ? preset : ofAll(), scope.forAll ? draft.settings.params : ownLook(meant()[0] ?? {}, preset), (params) => {
        if (scope.forAll) draft.set({ params });
        else giveOwn(params);
        refreshSoon();
      }),
      ...(preset.type !== "erase" && draft.photos.length > 1 ? [lightChoice(draft.settings.light, (light) => draft.set({ light }))] : []),
      outputChoices(draft.settings.output, (output) => draft.set({ output })));
    scope.show(preset, draft.photos.length);
    if (groups().length === before.length) groups().forEach((group, place) => { group.open = before[place]; });
    showStart();
  }

  /** The preset with the values that hold for all photos: what a photo has for itself differs from these. */
  function ofAll() {
    return { ...preset, params: { ...preset.params, ...draft.settings.params } };
  }

  function showStart() {
    const n = preset.type === "erase" ? marked(draft).length : draft.photos.length;
    start.hidden = false;
    start.disabled = n === 0;
    start.replaceChildren(icon("play"), t("look.start", { n }));
  }

  async function load(chosen = draft.settings.preset) {
    try {
      const [listed] = await Promise.all([
        ask("GET", "/presets", { query: user(), signal: ends.signal }), loadSliders(ends.signal),
      ]);
      presets = listed.items;
    } catch (problem) {
      if (gone) return;
      preview.say(problem.message, h("button", { onclick: () => load(chosen) }, icon("retry"), t("again")));
      return;
    }
    presets.sort((a, b) => place(a) - place(b));
    library.replaceChildren(...cards(presets, (picked) => choose(picked)));
    const known = presets.find(({ id }) => id === chosen) ?? presets.find(({ id }) => id === FIRST) ?? presets[0];
    choose(known, known.id === draft.settings.preset ? draft.settings.params : {});
    if (document.activeElement === document.body) library.querySelector("[aria-pressed=true]").focus();
    if (current) drawCards();
    else preview.say(t("look.noPreview"));
  }

  async function drawCards() {
    const others = able().filter((photo) => photo !== current);
    const sources = [sample, ...others.map((photo) => () => shownAs(draft, photo, { signal: ends.signal }))];
    try {
      await pictureCards(new Map([...library.children].map((card) => [card.dataset.preset, card])), presets, sources, ends.signal);
    } catch (problem) {
      if (problem.passing && !gone) pause(AGAIN, ends.signal).then(drawCards, () => {});
    }
  }

  async function keep() {
    const made = await savePreset(preset, draft.settings.params);
    if (made) load(made.id);
  }

  async function importLut(file) {
    try {
      const made = await takeLut(file);
      await load(made.id);
      toast(t("look.imported", { name: localized(made.name) }));
    } catch (problem) {
      toast(problem.message);
    }
  }

  async function removePreset() {
    const sure = { title: t("look.delete"), why: localized(preset.name), yes: t("batch.delete"), no: t("cancel") };
    if (!(await confirmed(sure))) return;
    try {
      await ask("DELETE", `/presets/${preset.id}`, { query: user() });
      await load(FIRST);
    } catch (problem) {
      toast(problem.message);
    }
  }

  async function begin() {
    if (sending) return;
    sending = sendOff(draft, preset);
    const place = await sending.done;
    sending = null;
    if (place) await goTo(place);
    else if (gone) return;
    else if (!draft.photos.length) await goTo("#/");
    else showSettings();
  }

  document.addEventListener("dragover", (event) => event.preventDefault(), ends);
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    const file = event.dataTransfer.files[0];
    if (file && !document.querySelector("dialog[open]")) importLut(file); // what is no LUT is told so
  }, ends);
  strip.setCount(draft.photos.length);
  strip.element.hidden = draft.photos.length < 2;
  const first = able()[0] ?? draft.photos.find(showable);
  if (first) turnTo(first);
  load();
  return {
    element,
    title: t("look.title"),
    busy: () => sending !== null,
    leave() {
      gone = true;
      ends.abort();
      asking?.abort();
      sending?.stop();
      thumbs.close();
      strip.close();
      preview.close();
    },
  };
}
