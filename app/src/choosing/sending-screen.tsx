// From Start to a batch. Whatever happens on the way, what was uploaded stays uploaded.

import { useKeepAwake } from "expo-keep-awake";
import { useCallback, useEffect, useRef, useState } from "react";
import { View } from "react-native";

import { dropFiles } from "@/device/chosen-files";
import type { Chosen } from "@/draft/draft";
import { sendOff } from "@/draft/sending";
import { arrived } from "@/draft/uploads";
import { Button } from "@/parts/button";
import { ProgressBar } from "@/parts/progress-bar";
import { Screen } from "@/parts/screen";
import { Words } from "@/parts/text";
import { EDGE, GAP } from "@/parts/theme";
import { useDesk } from "@/place";
import { isAbort, type Problem } from "@/service/problem";
import { t } from "@/words";
import { useDraft } from "./use-draft";

const LISTED = 50; // refused photos

export function SendingScreen() {
  useKeepAwake();
  const { draft, service, uploads, hint, go, restart } = useDesk();
  const { photos, request } = useDraft();
  const [refused, setRefused] = useState<Chosen[]>([]);
  const [problem, setProblem] = useState<Problem | null>(null);
  const ends = useRef<AbortController | null>(null);

  const begin = useCallback(async () => {
    ends.current?.abort();
    const mine = (ends.current = new AbortController());
    setProblem(null);
    setRefused([]);
    try {
      const { task, refused: not } = await sendOff(draft, service, uploads, mine.signal);
      if (mine.signal.aborted) return;
      if (not.length) setRefused(not);
      else restart({ at: "choose" }, task ? { at: "batch", task } : { at: "batches" });
    } catch (error) {
      if (!isAbort(error)) setProblem(error as Problem);
    }
  }, [draft, service, uploads, restart]);

  useEffect(() => {
    void begin();
    return () => ends.current?.abort();
  }, [begin]);

  function leave() {
    ends.current?.abort();
    draft.set({ sending: false });
    restart({ at: "choose" }, ...(draft.get().photos.length ? [{ at: "look" } as const] : []));
  }

  function takeOut() {
    const gone = draft.remove(new Set(refused.map(({ id }) => id)));
    draft.flush();
    dropFiles(gone.filter(({ album }) => !album).map(({ uri }) => uri));
  }

  const done = photos.filter(arrived).length;
  const left = photos.length - refused.length;
  return (
    <Screen title={t("sending.title")} actions={<Button title={t("app.service")} symbol="⚙" onPress={() => go({ at: "service" })} />}>
      <View style={{ padding: EDGE, gap: GAP, width: "100%", maxWidth: 512, alignSelf: "center" }}>
        <ProgressBar value={photos.length ? done / photos.length : 1} label={t("sending.title")} />
        <Words strong>{t("saving.progress", { done, n: photos.length })}</Words>
        {refused.length ? (
          <View role="alert" style={{ gap: 8 }}>
            <Words>{t("sending.refused", { n: refused.length })}</Words>
            {refused.slice(0, LISTED).map(({ id, name, error }) => (
              <Words key={id} size="small">{`${name}: ${error}`}</Words>
            ))}
          </View>
        ) : problem ? (
          <Words tone="bad" role="alert">{problem.message}</Words>
        ) : (
          <Words tone="soft" role="status">{hint ? `${hint.message} ${t("app.waiting")}` : t("app.keepOpen")}</Words>
        )}
        <View style={{ flexDirection: "row", flexWrap: "wrap", justifyContent: "flex-end", gap: 8 }}>
          {request || refused.length ? null : <Button title={t("cancel")} onPress={leave} />}
          {problem ? <Button kind="primary" title={t("again")} onPress={begin} /> : null}
          {refused.length ? <Button title={t("sending.takeOut")} onPress={() => { takeOut(); leave(); }} /> : null}
          {refused.length && left ? (
            <Button kind="primary" title={t("sending.goOn", { n: left })} onPress={() => { takeOut(); void begin(); }} />
          ) : null}
        </View>
      </View>
    </Screen>
  );
}
