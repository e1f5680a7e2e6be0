// What is to say where there is nothing to show, and what can be done about it.

import { View } from "react-native";

import { Button } from "./button";
import { Words } from "./text";
import { EDGE, GAP } from "./theme";
import { t } from "@/words";

export function Message({ text, again }: { text: string; again?: () => void }) {
  return (
    <View role="status" style={{ padding: EDGE, gap: GAP, alignItems: "center" }}>
      <Words tone="soft" style={{ textAlign: "center", maxWidth: 420 }}>{text}</Words>
      {again ? <Button title={t("again")} onPress={again} /> : null}
    </View>
  );
}
