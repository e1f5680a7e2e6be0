// Which of some photos are selected.

import { type Dispatch, type SetStateAction, useMemo, useState } from "react";

import type { Chosen } from "@/draft/draft";

/** Keep a selection; photos that are gone are in it no more. */
export function useSelection(photos: Chosen[]): [ReadonlySet<string>, Dispatch<SetStateAction<ReadonlySet<string>>>] {
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const there = useMemo(() => new Set(photos.flatMap(({ id }) => (selected.has(id) ? id : []))), [photos, selected]);
  return [there, setSelected];
}

export function toggled(selected: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const next = new Set(selected);
  if (!next.delete(id)) next.add(id);
  return next;
}

export const idOf = ({ id }: Chosen) => id;
