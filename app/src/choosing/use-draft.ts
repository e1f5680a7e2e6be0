import { useSyncExternalStore } from "react";

import type { Draft } from "@/draft/draft";
import type { SendingNow } from "@/draft/sending";
import { useDesk } from "@/place";

/** Return what is chosen, and what is on its way. */
export function useDraft(): Draft {
  const { draft } = useDesk();
  return useSyncExternalStore(draft.subscribe, draft.get, draft.get);
}

/** Return how it goes with what is on its way. */
export function useSending(): SendingNow {
  const { sending } = useDesk();
  return useSyncExternalStore(sending.subscribe, sending.get, sending.get);
}
