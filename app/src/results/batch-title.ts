// What a batch is called: by its name, else by its look.

import { useEffect, useState } from "react";

import { useDesk } from "@/place";
import type { Batch, Service } from "@/service/service";
import { known, localized, t } from "@/words";

const lists = new WeakMap<Service, Promise<Map<string, string>>>();

export function useBatchTitle(batch: Batch | null): string {
  const { service } = useDesk();
  const [names, setNames] = useState<Map<string, string>>();
  useEffect(() => {
    let here = true;
    void namesOf(service).then((found) => here && setNames(found));
    return () => {
      here = false;
    };
  }, [service]);
  if (batch?.name) return batch.name;
  if (!batch || !names) return "…";
  const { preset } = batch;
  return names.get(preset.id ?? "") ?? preset.id ?? (known(`types.${preset.type}`) ? t(`types.${preset.type}`) : preset.type);
}

function namesOf(service: Service): Promise<Map<string, string>> {
  const before = lists.get(service);
  if (before) return before;
  const reading = service.ask("get", "/api/v1/presets", { query: service.owner }).then(
    ({ items }) => new Map(items.map(({ id, name }) => [id, localized(name)])),
    () => {
      lists.delete(service);
      return new Map<string, string>();
    },
  );
  lists.set(service, reading);
  return reading;
}
