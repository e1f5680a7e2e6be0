// Colours and sizes, by the names that web/style.css gives them; a test compares the two.

import { Platform, useColorScheme } from "react-native";

export interface Palette {
  ground: string;
  surface: string;
  sunken: string;
  ink: string;
  "ink-soft": string;
  line: string;
  accent: string;
  "accent-ink": string;
  "accent-soft": string;
  good: string;
  bad: string;
}

export const LIGHT: Palette = {
  ground: "#faf9f7",
  surface: "#ffffff",
  sunken: "#efedea",
  ink: "#1d1b19",
  "ink-soft": "#625d57",
  line: "#d9d5cf",
  accent: "#b4413c",
  "accent-ink": "#ffffff",
  "accent-soft": "#f8e4e1",
  good: "#2d6a3e",
  bad: "#a3261f",
};

export const DARK: Palette = {
  ground: "#151413",
  surface: "#1f1d1c",
  sunken: "#2a2826",
  ink: "#f1eeea",
  "ink-soft": "#aea79f",
  line: "#3b3835",
  accent: "#f0847a",
  "accent-ink": "#1d1110",
  "accent-soft": "#3a2422",
  good: "#7fc992",
  bad: "#ff9c92",
};

export const GAP = 12;
export const EDGE = 16;
export const RADIUS = 12;
export const TOUCH = 44; // the least height of what a finger presses
export const FIGURES = Platform.OS === "web" ? undefined : (["tabular-nums"] as const);

export function usePalette(): Palette {
  return useColorScheme() === "dark" ? DARK : LIGHT;
}
