// One photo of a batch, computed again with values of its own.

import { useMemo, useState } from "react";
import { ScrollView, View } from "react-native";

import { useLooks, usePreview } from "@/choosing/looks";
import { type Params, Sliders } from "@/choosing/sliders";
import { Stage } from "@/choosing/stage";
import { Button } from "@/parts/button";
import { Screen } from "@/parts/screen";
import { Words } from "@/parts/text";
import { EDGE, usePalette } from "@/parts/theme";
import { useDesk } from "@/place";
import type { Batch, Photo } from "@/service/service";
import { t } from "@/words";
import { earlier } from "./anew";

interface Props {
  batch: Batch;
  photo: Photo;
  close: () => void;
  adjusted: () => void; // the photo waits to be computed again
}

/** Whether a photo's values can be changed. Where to erase is painted, which the app cannot. */
export function adjustable(batch: Batch, photo: Photo): boolean {
  return batch.preset.type !== "erase" && ["succeeded", "failed", "cancelled"].includes(photo.status);
}

export function AdjustScreen({ batch, photo, close, adjusted }: Props) {
  const { service } = useDesk();
  const palette = usePalette();
  const { groups } = useLooks();
  const [own, setOwn] = useState<Record<string, unknown>>(photo.own_params ?? {});
  const [wrong, setWrong] = useState("");
  const [busy, setBusy] = useState(false);
  const { preset, task_id: task } = batch;
  const chosen = useMemo(() => earlier(task, [photo])[0], [task, photo]);
  const preview = usePreview(chosen, { preset_type: preset.type as "color", preset_params: { ...preset.params, ...own } });
  const sliding = (name: string) => typeof own[name] === "number";
  const params = Object.fromEntries(Object.entries(own).filter(([name]) => sliding(name))) as Params;
  const others = Object.fromEntries(Object.entries(own).filter(([name]) => !sliding(name))); // faces that are left out

  async function run() {
    setBusy(true);
    try {
      const path = { task_id: task, index: photo.index };
      await service.ask("post", "/api/v1/batch/{task_id}/photos/{index}/adjust", { path, json: { preset_params: own } });
      adjusted();
    } catch (problem) {
      setWrong((problem as Error).message);
      setBusy(false);
    }
  }

  return (
    <Screen
      title={t("adjust.title")}
      back={close}
      footer={
        <>
          <Button title={t("scope.reset")} onPress={() => setOwn({})} />
          <Button grow kind="primary" title={t("adjust.run")} disabled={busy} onPress={run} />
        </>
      }
    >
      <View style={{ height: "42%", backgroundColor: palette.sunken }}>
        <Stage preview={preview} wrong={preview.problem} name={photo.name} />
      </View>
      <ScrollView style={{ flex: 1 }} contentContainerStyle={{ padding: EDGE, gap: 8 }}>
        {wrong ? <Words tone="bad" role="alert">{wrong}</Words> : null}
        <Sliders preset={preset} groups={groups} params={params} change={(changed) => setOwn({ ...others, ...changed })} />
      </ScrollView>
    </Screen>
  );
}
