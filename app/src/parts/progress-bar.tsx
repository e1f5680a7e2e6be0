// How far something is; null: nobody knows yet.

import { View } from "react-native";

import { usePalette } from "./theme";

export function ProgressBar({ value, label }: { value: number | null; label: string }) {
  const palette = usePalette();
  const percent = Math.round((value ?? 0) * 100);
  return (
    <View
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={value === null ? undefined : percent}
      style={{ height: 8, borderRadius: 4, backgroundColor: palette.sunken, overflow: "hidden" }}
    >
      <View style={{ height: 8, borderRadius: 4, width: `${percent}%`, backgroundColor: palette.accent }} />
    </View>
  );
}
