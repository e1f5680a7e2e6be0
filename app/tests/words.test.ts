import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

import { duration, known, localized, t } from "@/words";
import en from "@/words/en";
import zh from "@/words/zh";
import { DARK, LIGHT } from "@/parts/theme";

const ROOT = path.join(__dirname, "..");

function keys(words: object, before = ""): string[] {
  return Object.entries(words).flatMap(([name, inner]) =>
    typeof inner === "string" || "other" in inner ? [`${before}${name}`] : keys(inner, `${before}${name}.`),
  );
}

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const place = path.join(folder, entry.name);
    return entry.isDirectory() ? sources(place) : [readFileSync(place, "utf8")];
  });
}

test("both languages say the same things", () => {
  expect(keys(zh)).toEqual(keys(en));
});

test("all words that the app uses are there, and all of its own are used", () => {
  const code = sources(path.join(ROOT, "src")).join("\n");
  const used = [...code.matchAll(/"([a-z]+(?:\.\w+)+)"/g)].map(([, key]) => key!).filter((key) => known(key.split(".")[0]!));
  expect(used.filter((key) => !known(key))).toEqual([]);
  expect(keys(en).filter((key) => !key.startsWith("errors.") && !code.includes(`"app.${key}"`))).toEqual([]);
});

test("numbers and plurals are filled in", () => {
  expect(t("photos", { n: 1 })).toBe("1 photo");
  expect(t("photos", { n: 1200 })).toBe("1,200 photos");
  expect(duration(125 * 60)).toBe("2 h 5 min");
  expect(localized({ zh: "暖", en: "Warm" })).toBe("Warm");
});

test("the colours are those of the page", () => {
  const style = readFileSync(path.join(ROOT, "../web/style.css"), "utf8");
  const [light, dark] = style.split("@media (prefers-color-scheme: dark)");
  const colours = (text: string) => Object.fromEntries([...text.split("}")[0]!.matchAll(/--([\w-]+): (#\w+);/g)].map(([, name, value]) => [name, value]));
  expect(LIGHT).toEqual(colours(light!));
  expect(DARK).toEqual(colours(dark!));
});
