// Where in the app the person is, and what every screen works with.

import { createContext, useContext } from "react";

import type { DraftStore } from "@/draft/draft";
import type { Sending } from "@/draft/sending";
import type { Uploads } from "@/draft/uploads";
import type { Problem } from "@/service/problem";
import type { Service } from "@/service/service";

export type Place =
  | { at: "choose" }
  | { at: "album" }
  | { at: "look" }
  | { at: "sending" }
  | { at: "batches" }
  | { at: "batch"; task: string }
  | { at: "service" };

export interface Desk {
  service: Service;
  draft: DraftStore;
  uploads: Uploads;
  sending: Sending;
  hint: Problem | null; // why what is on its way waits
  go(place: Place): void;
  back(): void;
  restart(...places: Place[]): void; // forget the way here
  enter(address: string, key: string): void; // another service, or as somebody else
}

export const DeskContext = createContext<Desk | null>(null);

export function useDesk(): Desk {
  return useContext(DeskContext)!;
}
