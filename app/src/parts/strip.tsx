// Buttons in a row, which can be pushed sideways where there is no room for all of them.

import type { ReactNode } from "react";
import { ScrollView, View } from "react-native";

import { EDGE } from "./theme";

export function Strip({ label, children }: { label?: string; children: ReactNode }) {
  return (
    <View role="group" aria-label={label}>
      <ScrollView horizontal showsHorizontalScrollIndicator={false} contentContainerStyle={{ gap: 8, paddingHorizontal: EDGE, paddingBottom: 8 }}>
        {children}
      </ScrollView>
    </View>
  );
}
