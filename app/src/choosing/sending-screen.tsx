// From Start to the batch, which begins without photos: a moment, unless the network is away.

import { useKeepAwake } from "expo-keep-awake";
import { useEffect } from "react";
import { View } from "react-native";

import { Button } from "@/parts/button";
import { ProgressBar } from "@/parts/progress-bar";
import { Screen } from "@/parts/screen";
import { Words } from "@/parts/text";
import { EDGE, GAP } from "@/parts/theme";
import { useDesk } from "@/place";
import { t } from "@/words";
import { useDraft, useSending } from "./use-draft";

export function SendingScreen() {
  useKeepAwake();
  const { sending, hint, go, restart } = useDesk();
  const { photos, going } = useDraft();
  const { problem } = useSending();
  const task = going?.task;
  const over = going === null;

  useEffect(() => {
    if (task) restart({ at: "choose" }, { at: "batch", task });
    else if (over) restart({ at: "choose" }, ...(photos.length ? [{ at: "look" } as const] : []));
  }, [task, over, photos.length, restart]);

  return (
    <Screen title={t("sending.title")} actions={<Button title={t("app.service")} symbol="⚙" onPress={() => go({ at: "service" })} />}>
      <View style={{ padding: EDGE, gap: GAP, width: "100%", maxWidth: 512, alignSelf: "center" }}>
        <ProgressBar value={null} label={t("sending.title")} />
        <Words strong>{t("photos", { n: going?.photos.length ?? 0 })}</Words>
        {problem ? (
          <Words tone="bad" role="alert">{problem.message}</Words>
        ) : (
          <Words tone="soft" role="status">{hint ? `${hint.message} ${t("app.waiting")}` : t("app.keepOpen")}</Words>
        )}
        <View style={{ flexDirection: "row", flexWrap: "wrap", justifyContent: "flex-end", gap: 8 }}>
          <Button title={t("cancel")} onPress={() => sending.giveUp()} />
          {problem ? <Button kind="primary" title={t("again")} onPress={sending.begin} /> : null}
        </View>
      </View>
    </Screen>
  );
}
