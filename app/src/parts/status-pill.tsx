// The state of a batch in a word.

import { Text, View } from "react-native";

import { usePalette } from "./theme";
import type { Batch } from "@/service/service";
import { t } from "@/words";

export function StatusPill({ status }: { status: Batch["status"] }) {
  const palette = usePalette();
  const busy = status === "processing";
  const ink = status === "completed" ? palette.good : busy ? palette.accent : status === "failed" || status === "cancelled" ? palette.bad : palette.ink;
  return (
    <View testID={`status-${status}`} style={{ paddingHorizontal: 10, paddingVertical: 2, borderRadius: 999, backgroundColor: busy ? palette["accent-soft"] : palette.sunken }}>
      <Text style={{ color: ink, fontSize: 13, fontWeight: "600" }}>{t(`status.${status}`)}</Text>
    </View>
  );
}
