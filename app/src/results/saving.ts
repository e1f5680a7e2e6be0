// All results of a batch into the phone's album: each once, also if the app is killed on the way.

import { saveToAlbum } from "@/device/album";
import { keep, kept } from "@/device/kept";
import { dropResult, fetchResult } from "@/device/transfer";
import { inParallel, persist } from "@/service/pause";
import type { Photo, Service } from "@/service/service";

const AT_ONCE = 2; // whole results are in memory for a moment

type Saved = Record<string, Record<number, string>>; // task → index → SHA-256 of the result

/** Save the results that are not in the album yet; `told` hears how many of them are there. Raises Problem, AbortError. */
export async function saveAll(service: Service, task: string, photos: Photo[], told: (done: number) => void, signal: AbortSignal): Promise<void> {
  const all = photos.filter(({ result }) => result);
  const saved = kept<Saved>("saved") ?? {};
  const ours = (saved[task] ??= {});
  const missing = all.filter(({ index, result }) => ours[index] !== result!.sha256);
  let done = all.length - missing.length;
  told(done);
  await inParallel(missing, AT_ONCE, async (photo) => {
    await saveOne(service, photo, signal);
    ours[photo.index] = photo.result!.sha256;
    keep("saved", saved);
    told((done += 1));
  });
}

export async function saveOne(service: Service, photo: Photo, signal?: AbortSignal): Promise<void> {
  const uri = await persist(() => fetchResult(service, photo.result!.url, signal), () => {}, signal);
  try {
    await saveToAlbum(uri);
  } finally {
    dropResult(uri);
  }
}

/** The batch is gone: so is what was saved of it, from the app's memory. */
export function forget(task: string): void {
  const { [task]: _, ...others } = kept<Saved>("saved") ?? {};
  keep("saved", others);
}
