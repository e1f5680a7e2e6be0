// What can be done with the photos of a batch that are selected.

import { h, icon, iconButton } from "/web/parts/dom.js";
import { t } from "/web/parts/i18n.js";
import { menu } from "/web/parts/menu.js";
import { hasAlbum, toAlbum } from "/web/results/album.js";
import { anew } from "/web/results/anew.js";
import { saveSome, saveToFolder } from "/web/results/save.js";
import { toast } from "/web/parts/toast.js";

/** Return the bar; it shows itself while something is selected. `batch()` returns the batch as it is now. */
export function chosenBar(task, list, selection, batch) {
  const count = h("strong", { class: "grow", "aria-live": "polite" });
  const element = h("div", { class: "tools chosen row", role: "toolbar", "aria-label": t("select.tools"), hidden: true });
  const photos = () => selection.chosen().map((index) => list.photos[index]).filter(Boolean);
  const done = () => photos().filter(({ result }) => result);
  const original = (photo) => ({ photo, url: `/batch/${task}/photos/${photo.index}/original` });

  const act = (symbol, words, run, kind = "") => h("button", { type: "button", class: kind, onclick: async () => {
    try {
      await run();
    } catch (problem) {
      if (problem.name !== "AbortError") toast(problem.message);
    }
  } }, icon(symbol), words);
  const save = act("download", t("select.save"), () => saveSome(batch(), done()), hasAlbum() ? "" : "primary");
  const album = hasAlbum() ? act("photos", t("album.save"), () => toAlbum(done().map((photo) => ({ photo }))), "primary") : null;
  const further = [
    ...(hasAlbum() ? [save] : []),
    act("download", t("select.originals"), () => saveSome(batch(), done(), { originals: true })),
    ...(hasAlbum() ? [act("photos", t("album.originals"), () => toAlbum(done().map(original)))] : []),
    ...("showDirectoryPicker" in window ? [act("folder", t("batch.folder"), () => saveToFolder(batch(), done()))] : []),
    act("sliders", t("batch.anew"), () => anew(task, photos())),
  ];
  const more = menu(t("batch.more"), further);
  const none = iconButton("close", t("choose.none"), { onclick: () => selection.clear() });
  const all = h("button", { type: "button", class: "plain", onclick: () => selection.all() }, t("choose.all"));
  element.append(none, count, all, album ?? save, more.button, more.list);

  selection.addEventListener("change", () => {
    const { active, size } = selection;
    element.hidden = !active;
    count.textContent = t("choose.selected", { n: size });
    for (const button of [save, album, more.button]) if (button) button.disabled = size === 0;
  });
  return element;
}
