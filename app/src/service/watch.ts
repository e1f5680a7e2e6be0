// A batch and all its photos as they are now, kept so until it ends.

import { follow, type Listener } from "./follow";
import { pause } from "./pause";
import { Problem } from "./problem";
import type { Batch, Photo, Service } from "./service";

const PAGE = 500;
const AGAIN = 2000; // ms
export const RUNNING: Batch["status"][] = ["queued", "processing"];
export const ENDED: Batch["status"][] = ["completed", "failed", "cancelled"];

export interface Watched {
  batch: Batch | null;
  photos: (Photo | undefined)[]; // by index; holes where not read yet
  connected: boolean;
}

/**
 * Tell `changed` of a batch until it ends or the signal is aborted. Across lost networks it goes on from the version that
 * was heard last. Raises Problem where coming back is of no use, and AbortError.
 */
export async function watch(service: Service, task: string, changed: (now: Watched) => void, signal: AbortSignal, awake?: Listener["awake"]): Promise<void> {
  let now: Watched = { batch: null, photos: [], connected: true };
  const show = (change: Partial<Watched>) => changed((now = { ...now, ...change }));
  for (;;) {
    try {
      const batch = await service.ask("get", "/api/v1/batch/{task_id}", { path: { task_id: task }, signal });
      show({ batch, connected: true });
      for (let cursor: string | null = null; ; ) {
        const query: Record<string, string | number | null> = { limit: PAGE, cursor };
        const page: { items: Photo[]; next_cursor?: string | null } = await service.ask("get", "/api/v1/batch/{task_id}/photos", { path: { task_id: task }, query, signal });
        show({ photos: updated(now.photos, page.items) });
        cursor = page.next_cursor ?? null;
        if (!cursor) break;
      }
      await follow(service, task, batch.version, {
        told: ({ batch: next, photos }) => show({ batch: next ?? now.batch, photos: photos?.length ? updated(now.photos, photos) : now.photos }),
        connected: (yes) => yes !== now.connected && show({ connected: yes }),
        signal,
        awake,
      });
      if (signal.aborted || ENDED.includes(now.batch!.status)) return; // otherwise it was opened again meanwhile
    } catch (problem) {
      if (!(problem instanceof Problem) || !problem.passing) throw problem;
      show({ connected: false });
      await pause(AGAIN, signal);
    }
  }
}

function updated(photos: Watched["photos"], news: Photo[]): Watched["photos"] {
  const next = photos.slice();
  for (const photo of news) next[photo.index] = photo;
  return next;
}
