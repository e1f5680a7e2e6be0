// The words of the app: those of the page (web/words), and the few that only the app needs.

import { getLocales } from "expo-localization";

import pageEn from "../../../web/words/en.js";
import pageErrorsEn from "../../../web/words/errors-en.js";
import pageErrorsZh from "../../../web/words/errors-zh.js";
import pageZh from "../../../web/words/zh.js";
import appEn from "./en";
import appZh from "./zh";

export type Language = "zh" | "en";
type Values = Record<string, string | number>;

const WORDS = {
  en: { ...pageEn, errors: pageErrorsEn, app: appEn },
  zh: { ...pageZh, errors: pageErrorsZh, app: appZh },
};

export const language: Language = chosen();

/**
 * Return the words of a key, with {names} filled in. Where a language has several forms, `values.n` decides. Hermes has no
 * Intl.PluralRules; Chinese has one form, and English two.
 */
export function t(key: string, values: Values = {}): string {
  let said = found(key);
  if (said && typeof said === "object") {
    const forms = said as Record<string, unknown>;
    said = (language === "en" && values.n === 1 ? forms.one : undefined) ?? forms.other;
  }
  if (typeof said !== "string") throw new Error(`no words for ${key}`);
  return said.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name];
    return typeof value === "number" ? number(value) : String(value);
  });
}

/** Say whether there are words for a key: of codes that the service may invent later there are none. */
export function known(key: string): boolean {
  return found(key) !== undefined;
}

/** Return what the service says in both languages: a preset's name, a slider's label. */
export function localized(text: { zh: string; en: string }): string {
  return text[language] || text.en || text.zh;
}

export function number(value: number, digits = 0): string {
  return new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(value);
}

/** Seconds as people say them: 45 s, 3 min, 2 h 5 min. */
export function duration(seconds: number): string {
  const rounded = Math.max(1, Math.round(seconds));
  if (rounded < 90) return t("time.seconds", { n: rounded });
  const minutes = Math.round(rounded / 60);
  if (minutes < 90) return t("time.minutes", { n: minutes });
  return t("time.hours", { h: Math.floor(minutes / 60), n: minutes % 60 });
}

export function moment(text: string): string {
  return new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" }).format(new Date(text));
}

function found(key: string): unknown {
  let inner: unknown = WORDS[language];
  for (const part of key.split(".")) inner = (inner as Record<string, unknown> | undefined)?.[part];
  return inner;
}

function chosen(): Language {
  const spoken = getLocales().map(({ languageCode }) => languageCode);
  return spoken.find((each): each is Language => each === "zh" || each === "en") ?? "en";
}
