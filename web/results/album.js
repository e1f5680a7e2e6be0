// Several photos at once into another app of this device: on phones its share sheet saves them into the album.

import { dialog } from "/web/parts/dialog.js";
import { h, icon } from "/web/parts/dom.js";
import { t } from "/web/parts/i18n.js";
import { inParallel } from "/web/parts/parallel.js";
import { fileOf } from "/web/results/photo.js";
import { toast } from "/web/parts/toast.js";

const AT_ONCE = 4;
const MOST = 40, HEAVIEST = 200e6; // files and bytes for one share sheet: phones hold them in memory

/** Whether this is a phone or tablet whose share sheet takes pictures. */
export function hasAlbum() {
  return matchMedia("(pointer: coarse)").matches && Boolean(navigator.canShare?.({ files: [new File([""], "a.jpg", { type: "image/jpeg" })] }));
}

/**
 * Fetch photos and hand them to the share sheet, portion by portion. `wanted` are [{photo, url}]. A share sheet opens only
 * right after a press, which the fetching outlasts: each portion has a button of its own.
 */
export function toAlbum(wanted) {
  const ends = new AbortController();
  const bar = h("progress", { max: wanted.length, value: 0, "aria-label": t("album.title") });
  const said = h("p", { class: "soft", role: "status" });
  const give = h("button", { class: "primary", disabled: true }, icon("photos"), t("album.give"));
  const sheet = dialog({ "aria-label": t("album.title") }, h("div", { class: "stack" },
    h("h2", {}, t("album.title")), h("p", { class: "small soft" }, t("album.how")), bar, said,
    h("div", { class: "row end" }, h("button", { onclick: () => sheet.close() }, t("cancel")), give)));
  sheet.addEventListener("close", () => ends.abort());

  const left = [...wanted];
  let given = 0;
  async function next() {
    give.disabled = true;
    const files = await portion(left, ends.signal, (n) => {
      bar.value = given + n;
      said.textContent = t("album.ready", { n: given + n, total: wanted.length });
    });
    give.disabled = false;
    give.replaceChildren(icon("photos"), t("album.giveSome", { n: files.length }));
    give.focus();
    give.onclick = async () => {
      try {
        await navigator.share({ files });
      } catch (error) {
        if (error.name !== "AbortError") said.textContent = t("album.failed");
        return; // the portion may be given again
      }
      given += files.length;
      if (left.length) trying();
      else sheet.close();
    };
  }
  const trying = () => next().catch((problem) => {
    if (problem.name === "AbortError") return;
    toast(problem.message);
    sheet.close();
  });
  trying();
}

/** Take as many off the list as fit into one share sheet, and return them as Files. */
async function portion(left, signal, told) {
  const taken = [];
  let heavy = 0;
  while (left.length && taken.length < MOST && (!taken.length || heavy + left[0].photo.result.bytes < HEAVIEST)) {
    heavy += left[0].photo.result.bytes;
    taken.push(left.shift());
  }
  const files = [];
  let n = 0;
  await inParallel(taken.entries(), AT_ONCE, async ([place, { photo, url }]) => {
    files[place] = await fileOf(photo, signal, url);
    told(n += 1);
  });
  return files;
}
