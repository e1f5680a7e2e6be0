// What stands where no photos are chosen yet.

import { h, icon } from "/web/parts/dom.js";
import { t } from "/web/parts/i18n.js";
import { toast } from "/web/parts/toast.js";

const EXAMPLE = "/web/example.jpg";

/** `pick()` and `urls()` ask for photos, `take(files)` gets the example. */
export function invitation({ pick, urls, take }) {
  const mouse = matchMedia("(pointer: fine)").matches;
  async function example() {
    try {
      const answer = await fetch(EXAMPLE);
      if (!answer.ok) throw new Error(t("errors.unreachable"));
      take([new File([await answer.blob()], "example.jpg", { type: "image/jpeg", lastModified: 0 })]);
    } catch {
      toast(t("errors.unreachable"));
    }
  }
  return h("div", { class: "invitation" },
    icon("photos"),
    h("h2", {}, t("choose.invitation")),
    h("p", { class: "soft" }, t(mouse ? "choose.hint" : "choose.hintPhone")),
    h("button", { class: "primary big", onclick: pick }, icon("plus"), t("choose.pick")),
    h("div", { class: "row centred" },
      h("button", { class: "plain", onclick: urls }, icon("link"), t("choose.urls")),
      h("button", { class: "plain example", onclick: example }, h("img", { src: EXAMPLE, alt: "" }), t("choose.example"))),
    h("p", { class: "soft small private" }, icon("lock"), t("choose.privacy")));
}
