import { useSyncExternalStore } from "react";

import type { Draft } from "@/draft/draft";
import { useDesk } from "@/place";

/** Return what is chosen now. */
export function useDraft(): Draft {
  const { draft } = useDesk();
  return useSyncExternalStore(draft.subscribe, draft.get, draft.get);
}
