// One photo of a batch, computed again with values of its own.

import { ask, previews, UNCHANGED } from "/web/parts/api.js";
import { Preview } from "/web/choosing/preview.js";
import { loadSliders, sliders } from "/web/choosing/sliders.js";
import { dialog } from "/web/parts/dialog.js";
import { debounced, h, icon } from "/web/parts/dom.js";
import { t } from "/web/parts/i18n.js";

const LARGE = 1024;
const QUIET = 150; // ms without a move of a slider

/** Whether values of a photo can be changed: where to erase is painted before a batch begins. */
export function adjustable(batch, photo) {
  return batch.preset.type !== "erase" && ["succeeded", "failed", "cancelled"].includes(photo?.status);
}

/** Let somebody change the values of a photo; `adjusted(photo)` is called once it waits to be computed again. */
export async function adjust(batch, photo, adjusted) {
  await loadSliders();
  const { preset } = batch;
  let own = { ...photo.own_params };
  let asking = null;
  const ends = new AbortController();
  const preview = new Preview({ turn: () => {}, choose: (faces) => {
    own = { ...own, faces };
    refresh();
  } });
  const settings = h("div", { class: "settings" });
  const wrong = h("p", { class: "bad small", role: "alert" });
  const run = h("button", { class: "primary", onclick: send }, icon("retry"), t("adjust.run"));
  const reset = h("button", { class: "plain", onclick: () => {
    own = {};
    lay();
    refresh();
  } }, t("scope.reset"));
  const sheet = dialog({ class: "full adjust", "aria-label": t("adjust.title") },
    h("div", { class: "looks" }, h("div", { class: "seen" }, preview.element), h("div", { class: "side" },
      h("div", { class: "about stack tight" }, h("h2", {}, t("adjust.title")), h("p", { class: "soft small" }, photo.name)), settings)),
    h("div", { class: "full-bar bottom" },
      h("button", { class: "plain", onclick: () => sheet.close() }, t("cancel")), reset, h("span", { class: "grow" }, wrong), run));
  sheet.addEventListener("close", () => {
    ends.abort();
    asking?.abort();
    preview.close();
  });

  function lay() {
    const { faces, mask, ...values } = own;
    settings.replaceChildren(...sliders(preset, values, (changed) => {
      own = { ...changed, ...(faces ? { faces } : {}), ...(mask ? { mask } : {}) };
      soon();
    }));
  }

  async function refresh() {
    if (!photo.source.startsWith("upload:")) return preview.say(t("adjust.unseen"));
    asking?.abort();
    const mine = asking = new AbortController();
    preview.wait();
    try {
      const item = { preset_type: preset.type, preset_params: { ...preset.params, ...own } };
      const [after, before] = await previews(photo.source, [item, ...(preview.bare ? [UNCHANGED] : [])], LARGE, mine.signal);
      preview.show(after, before);
    } catch (problem) {
      if (problem.name !== "AbortError") preview.say(problem.message);
    } finally {
      if (asking === mine) preview.ready();
    }
  }
  const soon = debounced(refresh, QUIET);

  async function send() {
    run.disabled = true;
    try {
      const now = await ask("POST", `/batch/${batch.task_id}/photos/${photo.index}/adjust`, { json: { preset_params: own }, signal: ends.signal });
      sheet.close();
      adjusted(now);
    } catch (problem) {
      run.disabled = false;
      if (problem.name !== "AbortError") wrong.textContent = problem.message;
    }
  }

  preview.turnTo(photo, 1, 1);
  lay();
  refresh();
}
