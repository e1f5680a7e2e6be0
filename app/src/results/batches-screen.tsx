// The person's batches, newest first.

import { FlashList } from "@shopify/flash-list";
import { useCallback, useEffect, useState } from "react";
import { AppState, Pressable, View } from "react-native";

import { Message } from "@/parts/message";
import { ProgressBar } from "@/parts/progress-bar";
import { Screen } from "@/parts/screen";
import { StatusPill } from "@/parts/status-pill";
import { Words } from "@/parts/text";
import { EDGE, RADIUS, usePalette } from "@/parts/theme";
import { useDesk } from "@/place";
import { isAbort } from "@/service/problem";
import type { Batch } from "@/service/service";
import { ENDED } from "@/service/watch";
import { duration, moment, t } from "@/words";
import { useBatchTitle } from "./batch-title";

const PAGE = 50;
const EVERY = 3000; // ms between looks

export function BatchesScreen() {
  const { service, back, go } = useDesk();
  const [batches, setBatches] = useState<Batch[] | null>(null);
  const [next, setNext] = useState<string | null>(null);
  const [wrong, setWrong] = useState("");

  const read = useCallback(
    async (cursor: string | null, signal?: AbortSignal) => {
      try {
        const page = await service.ask("get", "/api/v1/batch", { query: { ...service.owner, limit: PAGE, cursor }, signal });
        setWrong("");
        setBatches((before) => merged(cursor ? before ?? [] : [], page.items, cursor ? [] : before ?? []));
        setNext((before) => (cursor || before === null ? page.next_cursor ?? null : before));
      } catch (problem) {
        if (!isAbort(problem)) setWrong((problem as Error).message);
      }
    },
    [service],
  );

  useEffect(() => {
    const ends = new AbortController();
    void read(null, ends.signal);
    const timer = setInterval(() => AppState.currentState !== "background" && void read(null, ends.signal), EVERY);
    return () => {
      clearInterval(timer);
      ends.abort();
    };
  }, [read]);

  const said = wrong || (batches === null ? t("batches.loading") : batches.length ? "" : t("batches.none"));
  return (
    <Screen title={t("top.batches")} back={back}>
      {said ? <Message text={said} /> : null}
      <FlashList
        data={batches ?? []}
        keyExtractor={({ task_id: task }) => task}
        contentContainerStyle={{ padding: EDGE }}
        onEndReached={() => next && void read(next)}
        renderItem={({ item }) => <Row batch={item} press={() => go({ at: "batch", task: item.task_id })} />}
      />
    </Screen>
  );
}

/** The news first, then what was read before and is older. */
function merged(before: Batch[], news: Batch[], older: Batch[]): Batch[] {
  const there = new Set([...before, ...news].map(({ task_id: task }) => task));
  const last = news.at(-1)?.created_at;
  const rest = older.filter(({ task_id: task, created_at: at }) => !there.has(task) && last !== undefined && at < last);
  return [...before, ...news, ...rest];
}

function Row({ batch, press }: { batch: Batch; press: () => void }) {
  const palette = usePalette();
  const name = useBatchTitle(batch);
  const { status, counts, eta_s: eta } = batch;
  const said = [
    moment(batch.created_at),
    t("photos", { n: counts.total }),
    counts.failed ? t("batch.failed", { n: counts.failed }) : null,
    eta ? t("batch.left", { time: duration(eta) }) : null,
  ];
  return (
    <Pressable
      testID="batch-row"
      accessibilityRole="button"
      onPress={press}
      style={{ gap: 6, padding: 14, marginBottom: 8, borderRadius: RADIUS, borderWidth: 1, borderColor: palette.line, backgroundColor: palette.surface }}
    >
      <View style={{ flexDirection: "row", alignItems: "center", gap: 8 }}>
        <Words strong numberOfLines={1} style={{ flexShrink: 1 }}>{name}</Words>
        <StatusPill status={status} />
      </View>
      <Words tone="soft" size="small">{said.filter(Boolean).join(" · ")}</Words>
      {ENDED.includes(status) ? null : <ProgressBar value={batch.progress ?? null} label={t("batch.progress")} />}
    </Pressable>
  );
}
