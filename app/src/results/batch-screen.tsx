// A batch: how far it is, what has become of its photos, and what can be done with them.

import { useCallback, useMemo, useState } from "react";
import { Modal, Platform } from "react-native";

import { Button } from "@/parts/button";
import { Message } from "@/parts/message";
import { type Cell, PhotoGrid } from "@/parts/photo-grid";
import { Screen } from "@/parts/screen";
import { Strip } from "@/parts/strip";
import { useDesk } from "@/place";
import { reason } from "@/service/problem";
import type { Photo, Service } from "@/service/service";
import { number, t } from "@/words";
import { BatchHead } from "./batch-head";
import { useBatchTitle } from "./batch-title";
import { useBatch } from "./use-batch";
import { Viewer } from "./viewer";

const FILTERS = { all: null, succeeded: ["succeeded"], failed: ["failed", "cancelled"] } as const;
type Filter = keyof typeof FILTERS;
const MARKS: Partial<Record<Photo["status"], Cell["mark"]>> = { processing: "busy", failed: "failed", cancelled: "stopped" };

export function BatchScreen({ task }: { task: string }) {
  const { service, back } = useDesk();
  const shown = useBatch(task);
  const { batch, photos, problem } = shown;
  const [wanted, setWanted] = useState<Filter>("all");
  const [open, setOpen] = useState<number | null>(null); // index of the photo that is seen large
  const title = useBatchTitle(batch);
  const wrong = batch ? batch.counts.failed + batch.counts.cancelled : 0;
  const filter = wanted === "failed" && !wrong ? "all" : wanted;
  const some = useMemo(() => {
    const states: readonly string[] | null = FILTERS[filter];
    return photos.filter((photo): photo is Photo => photo !== undefined && (!states || states.includes(photo.status)));
  }, [photos, filter]);
  const cell = useCallback((photo: Photo) => cellOf(photo, service), [service]);
  const press = useCallback((key: string) => setOpen(Number(key)), []);

  if (problem || !batch) {
    const gone = problem?.status === 404;
    return (
      <Screen title={t("batch.title")} back={back}>
        <Message text={gone ? t("errors.no_batch") : problem?.message ?? t("batches.loading")} again={problem && !gone ? shown.again : undefined} />
      </Screen>
    );
  }
  const { total, succeeded } = batch.counts;
  const numbers = { all: total, succeeded, failed: wrong };
  const filters = (Object.keys(FILTERS) as Filter[]).filter((name) => name !== "failed" || wrong);
  return (
    <Screen title={title} back={back}>
      <BatchHead shown={{ ...shown, batch }} />
      <Strip label={t("batch.filter")}>
        {filters.map((name) => (
          <Button key={name} testID={`filter-${name}`} title={`${t(`filters.${name}`)} ${number(numbers[name])}`} chosen={filter === name} onPress={() => setWanted(name)} />
        ))}
      </Strip>
      {some.length ? null : <Message text={t(`nothing.${total || batch.open ? filter : "none"}`)} />}
      <PhotoGrid items={some} keyOf={keyOf} cellOf={cell} press={press} />
      <Modal aria-label={t("viewer.title")} visible={open !== null} animationType={Platform.OS === "web" ? "none" : "fade"} onRequestClose={() => setOpen(null)}>
        {open === null ? null : <Viewer batch={batch} photos={photos} among={some.map(({ index }) => index)} start={open} close={() => setOpen(null)} adjusted={shown.again} />}
      </Modal>
    </Screen>
  );
}

const keyOf = ({ index }: Photo) => String(index);

function cellOf(photo: Photo, service: Service): Cell {
  const { name, status, error, result } = photo;
  const why = error ? `: ${reason(error.code, error.message)}` : "";
  return {
    id: keyOf(photo),
    name,
    label: `${name}, ${t(`photo.${status}`)}${why}`,
    picture: result ? service.picture(result.thumbnail_url) : null,
    mark: MARKS[status],
  };
}
