// The way from "Start" to a batch: upload what is not there yet, then hand it in, once.

import { randomUUID } from "expo-crypto";

import { dropFiles } from "@/device/chosen-files";
import { inParallel, persist } from "@/service/pause";
import { Problem } from "@/service/problem";
import type { Service } from "@/service/service";
import type { Chosen, DraftStore } from "./draft";
import { arrived, type Uploads } from "./uploads";

const AT_ONCE = 3; // phones have little memory, and networks that share

export interface Outcome {
  task: string | null; // the batch; null if it was handed in before and its answer is lost
  refused: Chosen[]; // photos that the service does not take; then nothing was handed in
}

/**
 * Send a draft off. What was sent before is not sent again, and what was handed in before is handed in under the same key:
 * it is one batch. Raises Problem, AbortError; then it can be called again.
 */
export async function sendOff(draft: DraftStore, service: Service, uploads: Uploads, signal: AbortSignal): Promise<Outcome> {
  draft.set({ sending: true });
  draft.flush();
  const { request, photos } = draft.get();
  if (!request || !photos.every(arrived)) {
    await sendFiles(draft, uploads, signal);
    const refused = draft.get().photos.filter(({ error }) => error);
    if (refused.length) return { task: null, refused };
    note(draft, service);
  }
  return { task: await handIn(draft, service, uploads, signal), refused: [] };
}

/** A draft that is no batch: nothing of it is needed any more. */
export function clear(draft: DraftStore): void {
  const { photos } = draft.get();
  draft.set({ photos: [], sending: false, request: null });
  draft.flush(); // before the files go, so that no draft names a file that is gone
  dropFiles(photos.filter(({ album }) => !album).map(({ uri }) => uri));
}

async function sendFiles(draft: DraftStore, uploads: Uploads, signal: AbortSignal): Promise<void> {
  const missing = draft.get().photos.filter((photo) => !arrived(photo));
  const ends = new AbortController(); // what one of them meets, such as a wrong key, ends the others
  const end = () => ends.abort();
  signal.addEventListener("abort", end);
  try {
    await inParallel(missing, AT_ONCE, async (photo) => {
      try {
        await uploads.source(photo, ends.signal);
      } catch (problem) {
        if (!(problem instanceof Problem) || !problem.ofTheFile) throw problem;
        draft.update(photo.id, { error: problem.message }); // no reason to stop the others
      }
    });
  } finally {
    signal.removeEventListener("abort", end);
    end();
  }
}

/** Write down what is handed in. A request of which nothing is known keeps its key. */
function note(draft: DraftStore, service: Service): void {
  const { photos, preset, params, request } = draft.get();
  const body = {
    photos: photos.map(({ upload }) => ({ source: upload!.source })),
    preset_id: preset,
    preset_params: params,
    ...service.owner,
  };
  draft.set({ request: { key: request?.key ?? randomUUID(), body } });
  draft.flush();
}

async function handIn(draft: DraftStore, service: Service, uploads: Uploads, signal: AbortSignal): Promise<string | null> {
  const { key, body } = draft.get().request!;
  try {
    const options = { headers: { "Idempotency-Key": key }, json: body };
    const submit = () => service.ask("post", "/api/v1/batch/submit", options);
    const { task_id: task } = await persist(submit, uploads.hint, signal);
    clear(draft);
    return task;
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    if (problem.code === "idempotency_mismatch") { // it had come, under uploads that have expired since
      clear(draft);
      return null;
    }
    draft.set({ request: null }); // it was read and refused: the next one may be another
    throw problem;
  }
}
