// Whether the sliders are for all photos or for some, and what some have for themselves.

import { h } from "/web/parts/dom.js";
import { t } from "/web/parts/i18n.js";

/** The values of sliders that a photo has for itself with a preset; those that it has with another one wait. */
export function ownLook({ own }, preset) {
  return own?.preset === preset?.id ? own.params : {};
}

/** The parameters that a photo has for itself; its mask is at the service. */
export function ownParams(photo, preset) {
  const { maskUpload, faces } = photo;
  if (preset.type === "erase") return { mask: maskUpload.source };
  return { ...ownLook(photo, preset), ...(preset.type === "beauty" && faces ? { faces } : {}) };
}

export function differs(photo, preset) {
  return Object.keys(ownLook(photo, preset)).length > 0;
}

/**
 * The switch between all photos and some: `some()` are the photos that are meant, `changed()` is called when the switch
 * was moved, `reset()` when those are to be as all others.
 */
export class Scope {
  forAll = true;

  constructor({ some, changed, reset }) {
    this.some = some;
    const choice = (forAll) => h("button", { type: "button", onclick: ({ currentTarget }) => {
      this.forAll = forAll;
      changed();
      currentTarget.focus(); // the sliders below are others now, and this stands among them anew
    } });
    this._all = choice(true);
    this._some = choice(false);
    this._reset = h("button", { type: "button", class: "plain", onclick: () => {
      reset();
      this._some.focus();
    } }, t("scope.reset"));
    this.element = h("div", { class: "scope row" },
      h("div", { class: "choice", role: "group", "aria-label": t("scope.label") }, this._all, this._some), this._reset);
  }

  /** Show it for a preset, among so many photos. */
  show(preset, count) {
    const some = this.some();
    this.element.hidden = count < 2 || preset.type === "erase";
    if (this.element.hidden) this.forAll = true;
    this._all.textContent = t("scope.all");
    this._some.textContent = some.length > 1 ? t("scope.some", { n: some.length }) : t("scope.one");
    this._all.setAttribute("aria-pressed", String(this.forAll));
    this._some.setAttribute("aria-pressed", String(!this.forAll));
    this._reset.hidden = this.forAll || !some.some((photo) => differs(photo, preset));
  }
}
