// Photos on their way to the service: each file once, whoever asks for it, and again when the network failed.

import type { Chosen, DraftStore } from "./draft";
import { persist } from "@/service/pause";
import type { Problem } from "@/service/problem";
import type { Upload } from "@/service/service";

export type Send = (photo: Chosen, signal?: AbortSignal) => Promise<Upload>;

const FRESH = 50 * 60_000; // ms; the service keeps what no batch names for an hour at least

export class Uploads {
  private readonly underWay = new Map<string, Promise<string>>(); // id of a photo → its source

  /** `hint` hears of each try that failed, and of null once something arrives. */
  constructor(
    private readonly draft: DraftStore,
    private readonly send: Send,
    readonly hint: (problem: Problem | null) => void = () => {},
  ) {}

  /** Return the source of a photo, sending its file if it was not sent yet. Raises Problem, AbortError. */
  async source(photo: Chosen, signal?: AbortSignal): Promise<string> {
    const now = this.draft.get().photos.find(({ id }) => id === photo.id) ?? photo;
    if (arrived(now)) return now.upload!.source;
    const before = this.underWay.get(photo.id);
    if (before) return before;
    const sending = this.sent(now, signal).finally(() => this.underWay.delete(photo.id));
    this.underWay.set(photo.id, sending);
    return sending;
  }

  private async sent(photo: Chosen, signal?: AbortSignal): Promise<string> {
    const { source } = await persist(() => this.send(photo, signal), this.hint, signal);
    this.draft.update(photo.id, { upload: { source, at: Date.now() }, error: null });
    return source;
  }
}

/** Say whether a photo's file is at the service, and will be there for a while. */
export function arrived({ upload }: Chosen): boolean {
  return upload !== null && Date.now() - upload.at < FRESH;
}
