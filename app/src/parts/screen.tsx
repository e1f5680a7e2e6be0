// The frame of a screen: a bar above, the content, a bar below.

import type { ReactNode } from "react";
import { View } from "react-native";
import { useSafeAreaInsets } from "react-native-safe-area-context";

import { Button } from "./button";
import { Words } from "./text";
import { EDGE, usePalette } from "./theme";
import { t } from "@/words";

interface Props {
  title: string;
  brand?: boolean; // the title is the app's name
  back?: () => void;
  actions?: ReactNode;
  footer?: ReactNode;
  children: ReactNode;
}

export function Screen({ title, brand, back, actions, footer, children }: Props) {
  const palette = usePalette();
  const insets = useSafeAreaInsets();
  const bar = { flexDirection: "row", alignItems: "center", gap: 8, backgroundColor: palette.surface, borderColor: palette.line } as const;
  return (
    <View role="main" style={{ flex: 1, backgroundColor: palette.ground }}>
      <View style={[bar, { paddingTop: insets.top + 4, paddingBottom: 4, paddingHorizontal: back ? 4 : EDGE, borderBottomWidth: 1, minHeight: 53 + insets.top }]}>
        {back ? <Button title={t("back")} symbol="‹" onPress={back} /> : null}
        <Words size="heading" tone={brand ? "accent" : "plain"} numberOfLines={1} style={{ flex: 1 }}>{title}</Words>
        {actions}
      </View>
      <View style={{ flex: 1 }}>{children}</View>
      {footer ? (
        <View style={[bar, { paddingHorizontal: EDGE, paddingTop: 10, paddingBottom: Math.max(10, insets.bottom), borderTopWidth: 1 }]}>{footer}</View>
      ) : null}
    </View>
  );
}
