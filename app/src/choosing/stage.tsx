// A large preview of a photo.

import { Image } from "expo-image";
import { useState } from "react";
import { Pressable, Text, View } from "react-native";

import { Message } from "@/parts/message";
import { Words } from "@/parts/text";
import { RADIUS } from "@/parts/theme";
import type { Problem } from "@/service/problem";
import { t } from "@/words";
import type { Preview } from "./looks";

/** A photo with its look; while a finger holds it, the original. */
export function Stage({ preview, wrong, name }: { preview: Preview; wrong: Problem | null; name: string }) {
  const [original, setOriginal] = useState(false);
  const uri = original ? preview.before : preview.after;
  return (
    <Pressable
      accessibilityRole="imagebutton"
      accessibilityLabel={t("look.picture", { name })}
      accessibilityHint={t("app.hold")}
      onPressIn={() => setOriginal(true)}
      onPressOut={() => setOriginal(false)}
      style={{ flex: 1, alignItems: "center", justifyContent: "center" }}
    >
      {uri ? (
        <Image testID={preview.busy ? undefined : "preview"} source={{ uri }} contentFit="contain" accessibilityLabel={t("look.picture", { name })} style={{ position: "absolute", inset: 0, opacity: preview.busy ? 0.75 : 1 }} />
      ) : null}
      {wrong ? <Message text={wrong.message} /> : uri ? null : <Words tone="soft">{t("look.working")}</Words>}
      {uri ? (
        <View pointerEvents="none" style={{ position: "absolute", bottom: 8, paddingHorizontal: 10, paddingVertical: 3, borderRadius: RADIUS, backgroundColor: "#0009" }}>
          <Text style={{ color: "#fff", fontSize: 13 }}>{original ? t("look.compare") : t("app.hold")}</Text>
        </View>
      ) : null}
    </Pressable>
  );
}
