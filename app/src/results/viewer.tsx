// One photo of a batch, seen large: before and after, and what to do with it.

import { useState } from "react";
import { Text, View } from "react-native";
import { useSafeAreaInsets } from "react-native-safe-area-context";

import { maySave } from "@/device/album";
import { shareFile } from "@/device/share";
import { dropResult, fetchResult } from "@/device/transfer";
import { tell } from "@/parts/asking";
import { useDesk } from "@/place";
import { reason } from "@/service/problem";
import type { Batch, Photo } from "@/service/service";
import { t } from "@/words";
import { adjustable, AdjustScreen } from "./adjust-screen";
import { Comparison } from "./comparison";
import { DarkButton } from "./dark-button";
import { saveOne } from "./saving";

interface Props {
  batch: Batch;
  photos: (Photo | undefined)[]; // all of the batch
  among: number[]; // the indices of those that were to be seen when it was opened
  start: number; // the index of the first
  close: () => void;
  adjusted: () => void;
}

export function Viewer({ batch, photos, among: now, start, close, adjusted }: Props) {
  const { service } = useDesk();
  const insets = useSafeAreaInsets();
  const [among] = useState(now); // news of a photo, such as its result, leave the others where they are
  const [at, setAt] = useState(Math.max(0, among.indexOf(start)));
  const [busy, setBusy] = useState(false);
  const [adjusting, setAdjusting] = useState(false);
  const photo = photos[among[at] ?? start];
  if (!photo) return null;
  if (adjusting) {
    const back = () => setAdjusting(false);
    return <AdjustScreen batch={batch} photo={photo} close={back} adjusted={() => { back(); adjusted(); }} />;
  }

  async function trying(work: () => Promise<void>) {
    setBusy(true);
    try {
      await work();
    } catch (problem) {
      tell((problem as Error).message);
    } finally {
      setBusy(false);
    }
  }

  async function save() {
    if (!(await maySave())) return tell(t("app.notSaved"));
    await saveOne(service, photo!);
    tell(t("app.saved", { n: 1 }));
  }

  async function share() {
    const uri = await fetchResult(service, photo!.result!.url);
    try {
      if (!(await shareFile(uri))) tell(t("app.noShare"));
    } finally {
      dropResult(uri);
    }
  }

  const { result, error, status, name, index } = photo;
  const said = error ? reason(error.code, error.message) : t(`photo.${status}`);
  const bar = { flexDirection: "row", alignItems: "center", justifyContent: "space-between", backgroundColor: "#1a1918", paddingHorizontal: 8 } as const;
  return (
    <View testID="viewer" style={{ flex: 1, backgroundColor: "#0b0b0b" }}>
      <View style={[bar, { paddingTop: insets.top + 4, paddingBottom: 4 }]}>
        <DarkButton title={t("viewer.close")} symbol="×" press={close} />
        <Text numberOfLines={1} style={{ flex: 1, color: "#f1eeea", fontSize: 16, fontWeight: "600" }}>{name}</Text>
        <Text style={{ color: "#b9b2aa", fontSize: 14, paddingRight: 8 }}>{t("viewer.position", { at: at + 1, total: among.length })}</Text>
      </View>
      {result ? (
        <Comparison
          key={index}
          before={service.picture(`/api/v1/batch/${batch.task_id}/photos/${index}/original`)}
          after={service.picture(result.url)}
          small={service.picture(result.thumbnail_url)}
          source={photo.source}
          shape={result.width / result.height}
        />
      ) : (
        <View style={{ flex: 1, alignItems: "center", justifyContent: "center", padding: 24 }}>
          <Text role="status" style={{ color: "#f1eeea", fontSize: 16, textAlign: "center" }}>{said}</Text>
        </View>
      )}
      {result && ["queued", "processing"].includes(status) ? (
        <Text role="status" style={{ color: "#f1eeea", backgroundColor: "#1a1918", fontSize: 14, padding: 8, textAlign: "center" }}>{t("adjust.waits")}</Text>
      ) : null}
      <View style={[bar, { paddingTop: 4, paddingBottom: Math.max(4, insets.bottom) }]}>
        <DarkButton title={t("viewer.previous")} symbol="‹" disabled={at === 0} press={() => setAt(at - 1)} />
        <DarkButton title={t("save")} disabled={!result || busy} press={() => trying(save)} />
        <DarkButton title={t("batch.share")} disabled={!result || busy} press={() => trying(share)} />
        <DarkButton title={t("app.adjust")} disabled={!adjustable(batch, photo)} press={() => setAdjusting(true)} />
        <DarkButton title={t("viewer.next")} symbol="›" disabled={at >= among.length - 1} press={() => setAt(at + 1)} />
      </View>
    </View>
  );
}
