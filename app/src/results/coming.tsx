// Photos that are still on their way into the batch that is shown, and what became of those that it did not take.

import { useKeepAwake } from "expo-keep-awake";
import { View } from "react-native";

import { useDraft, useSending } from "@/choosing/use-draft";
import type { Going } from "@/draft/draft";
import { Button } from "@/parts/button";
import { Notice } from "@/parts/notice";
import { Words } from "@/parts/text";
import { useDesk } from "@/place";
import { t } from "@/words";

/** What is on its way into a batch; null if nothing is. */
export function useGoing(task: string): Going | null {
  const { going } = useDraft();
  return going?.task === task ? going : null;
}

export function Coming({ task }: { task: string }) {
  const going = useGoing(task);
  const { said } = useSending();
  return (
    <>
      {going ? <OnItsWay going={going} /> : null}
      {said?.task === task ? <Notice text={said.text} /> : null}
    </>
  );
}

function OnItsWay({ going }: { going: Going }) {
  useKeepAwake();
  const { sending, hint, go } = useDesk();
  const { problem } = useSending();
  const { at, photos } = going;
  return (
    <View testID="coming" style={{ gap: 8 }}>
      <Words size="small" role="status">
        {`${t("app.coming", { done: at, n: at + photos.length })} ${hint ? `${hint.message} ${t("app.waiting")}` : t("app.keepOpen")}`}
      </Words>
      {problem ? (
        <View style={{ flexDirection: "row", alignItems: "center", gap: 8 }}>
          <Words size="small" tone="bad" role="alert" style={{ flex: 1 }}>{problem.message}</Words>
          <Button title={t("app.service")} symbol="⚙" onPress={() => go({ at: "service" })} />
          <Button kind="primary" title={t("again")} onPress={sending.begin} />
        </View>
      ) : null}
    </View>
  );
}
