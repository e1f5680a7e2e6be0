// Something that the person should know, and need not do anything about.

import { View } from "react-native";

import { Words } from "./text";
import { usePalette } from "./theme";

export function Notice({ text }: { text: string }) {
  const palette = usePalette();
  return (
    <View style={{ backgroundColor: palette["accent-soft"], padding: 8, borderRadius: 8 }}>
      <Words size="small" role="status">{text}</Words>
    </View>
  );
}
