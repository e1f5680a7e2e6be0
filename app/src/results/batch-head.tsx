// What stands above a batch's photos: its state in words and numbers, and what can be done about it.

import { useEffect, useRef, useState } from "react";
import { View } from "react-native";

import { maySave } from "@/device/album";
import { shareLink } from "@/device/share";
import { sure, tell } from "@/parts/asking";
import { Button } from "@/parts/button";
import { Notice } from "@/parts/notice";
import { ProgressBar } from "@/parts/progress-bar";
import { StatusPill } from "@/parts/status-pill";
import { Strip } from "@/parts/strip";
import { Words } from "@/parts/text";
import { EDGE } from "@/parts/theme";
import { useDesk } from "@/place";
import { isAbort } from "@/service/problem";
import type { Batch, Photo } from "@/service/service";
import { ENDED, RUNNING } from "@/service/watch";
import { t } from "@/words";
import { Coming, useGoing } from "./coming";
import { numbersOf } from "./numbers";
import { earlier } from "./anew";
import { forget, saveAll } from "./saving";
import type { Shown } from "./use-batch";

const DAY = 86_400; // s: how long a link works

export function BatchHead({ shown }: { shown: Shown & { batch: Batch } }) {
  const { batch, photos, connected, act } = shown;
  const { service, draft, back, restart } = useDesk();
  const [saving, setSaving] = useState<number | null>(null);
  const ends = useRef(new AbortController());
  useEffect(() => () => ends.current.abort(), []);
  const { status, counts, task_id: task } = batch;
  const running = RUNNING.includes(status);
  const ended = ENDED.includes(status);
  const path = { task_id: task };
  const going = useGoing(task);
  const total = Math.max(counts.total, going ? going.at + going.photos.length : 0);
  const progress = going ? counts.succeeded / (total || 1) : batch.progress ?? null;

  async function trying(work: () => Promise<unknown>) {
    try {
      await work();
    } catch (problem) {
      if (!isAbort(problem)) tell((problem as Error).message);
    }
  }

  async function save() {
    if (!(await maySave())) return tell(t("app.notSaved"));
    const there = photos.filter((photo): photo is Photo => photo?.result != null);
    try {
      await saveAll(service, task, there, setSaving, ends.current.signal);
      tell(t("app.saved", { n: there.length }));
    } finally {
      setSaving(null);
    }
  }

  async function share() {
    const { url } = await service.ask("post", "/api/v1/batch/{task_id}/share", { path, json: { expires_in_s: DAY } });
    if (!(await shareLink(service.url(url)))) tell(t("app.noShare"));
  }

  function anew() {
    draft.add(earlier(task, photos));
    restart({ at: "choose" }, { at: "look" });
  }

  async function remove() {
    if (!(await sure(t("batch.sure"), t("batch.sureWhy"), t("batch.delete")))) return;
    await service.ask("delete", "/api/v1/batch/{task_id}", { path });
    forget(task);
    back();
  }

  return (
    <View style={{ paddingTop: 12, gap: 8 }}>
      <View style={{ paddingHorizontal: EDGE, gap: 8 }}>
        <View style={{ flexDirection: "row", alignItems: "center", gap: 8 }}>
          <StatusPill status={status} />
          <Words tone="soft" size="small" style={{ flex: 1 }} role="status">
            {saving === null ? numbersOf(batch, total) : t("app.saving", { done: saving, n: counts.succeeded })}
          </Words>
        </View>
        {ended && saving === null ? null : (
          <ProgressBar value={saving === null ? progress : saving / counts.succeeded} label={t("batch.progress")} />
        )}
        {connected ? null : <Notice text={t("batch.lost")} />}
        <Coming task={task} />
      </View>
      <Strip label={t("batch.tools")}>
        {running ? <Button title={t("batch.pause")} onPress={() => trying(() => act("pause"))} /> : null}
        {status === "paused" ? <Button kind="primary" title={t("batch.resume")} onPress={() => trying(() => act("resume"))} /> : null}
        {ended ? null : <Button title={t("batch.cancel")} onPress={() => trying(() => act("cancel"))} />}
        {ended && counts.succeeded ? <Button kind="primary" title={t("app.saveAll")} disabled={saving !== null} onPress={() => trying(save)} /> : null}
        {ended && counts.total ? <Button title={t("batch.anew")} onPress={anew} /> : null}
        {ended && counts.failed + counts.cancelled ? <Button title={t("batch.retry")} onPress={() => trying(() => act("retry"))} /> : null}
        {counts.succeeded ? <Button title={t("batch.share")} onPress={() => trying(share)} /> : null}
        <Button kind="danger" title={t("batch.delete")} onPress={() => trying(remove)} />
      </Strip>
    </View>
  );
}
