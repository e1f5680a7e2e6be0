// The page's language: what the person chose, else what the browser speaks; Chinese or English.

import { keep, kept } from "/web/parts/kept.js";
import en from "/web/words/en.js";
import errorsEn from "/web/words/errors-en.js";
import errorsZh from "/web/words/errors-zh.js";
import zh from "/web/words/zh.js";

const WORDS = { en: { ...en, errors: errorsEn }, zh: { ...zh, errors: errorsZh } };

export const LANGUAGES = { zh: "中文", en: "English" };
export const language = chosen();
const words = WORDS[language];
const plurals = new Intl.PluralRules(language);

document.documentElement.lang = language === "zh" ? "zh-CN" : "en";

/**
 * Return the words of a key, with {names} filled in. Where a language has several forms, `values.n` decides:
 * `{one: "{n} photo", other: "{n} photos"}`.
 */
export function t(key, values = {}) {
  let said = key.split(".").reduce((inner, part) => inner?.[part], words);
  if (said && typeof said === "object") said = said[plurals.select(values.n)] ?? said.other;
  if (said === undefined) throw new Error(`no words for ${key}`);
  return said.replace(/\{(\w+)\}/g, (_, name) => (typeof values[name] === "number" ? number(values[name]) : values[name]));
}

/** Say whether there are words for a key: of codes that the service may invent later there are none. */
export function known(key) {
  return key.split(".").reduce((inner, part) => inner?.[part], words) !== undefined;
}

/** Work in another language from the next load on, which this is. */
export function speak(other) {
  keep("language", other);
  location.reload();
}

/** What the service says in both languages: a preset's name, a slider's label. */
export function localized(text) {
  return text[language] || text.en || text.zh;
}

export function number(value, digits = 0) {
  return new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(value);
}

export function bytes(value) {
  const [scaled, unit] = value >= 1e9 ? [value / 1e9, "GB"] : value >= 1e6 ? [value / 1e6, "MB"] : [value / 1e3, "KB"];
  return `${number(scaled, scaled < 10 ? 1 : 0)} ${unit}`;
}

/** Seconds as people say them: 45 s, 3 min, 2 h 5 min. */
export function duration(seconds) {
  const rounded = Math.max(1, Math.round(seconds));
  if (rounded < 90) return t("time.seconds", { n: rounded });
  const minutes = Math.round(rounded / 60);
  if (minutes < 90) return t("time.minutes", { n: minutes });
  return t("time.hours", { h: Math.floor(minutes / 60), n: minutes % 60 });
}

export function moment(text) {
  return new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" }).format(new Date(text));
}

function chosen() {
  if (document.body?.classList.contains("shared")) return document.documentElement.lang.slice(0, 2); // the service has chosen
  const before = kept("language");
  if (before in WORDS) return before;
  const spoken = navigator.languages.find((each) => /^(zh|en)\b/i.test(each)) ?? "en";
  return spoken.slice(0, 2).toLowerCase();
}
