// Photos on their way to the service: each file once, whoever asks for it, and again when the network failed.

import type { Chosen, DraftStore } from "./draft";
import { persist } from "@/service/pause";
import { aborted, Problem } from "@/service/problem";
import type { Upload } from "@/service/service";
import { t } from "@/words";

export type Send = (photo: Chosen, signal: AbortSignal) => Promise<Upload>;

const FRESH = 50 * 60_000; // ms; the service keeps what no batch names for an hour at least

interface UnderWay {
  arrival: Promise<string>; // its source
  waiting: number; // who would like to have it
  ends: AbortController; // aborted once nobody waits any more
}

export class Uploads {
  private readonly underWay = new Map<string, UnderWay>(); // by the photo's id

  /** `hint` hears of each try that failed, and of null once something arrives. */
  constructor(
    private readonly draft: DraftStore,
    private readonly send: Send,
    readonly hint: (problem: Problem | null) => void = () => {},
  ) {}

  /** Return a source by which a photo can be seen, sending its file if it was not sent yet. Raises Problem, AbortError. */
  source(photo: Chosen, signal: AbortSignal): Promise<string> {
    if (signal.aborted) return Promise.reject(aborted());
    const now = this.draft.find(photo.id) ?? photo;
    if (now.earlier) {
      const { upload } = now.earlier;
      return upload ? Promise.resolve(upload) : Promise.reject(new Problem("no_preview", t("look.noPreview"), { status: 422 }));
    }
    if (arrived(now)) return Promise.resolve(now.upload!.source);
    const one = this.underWay.get(now.id) ?? this.begun(now);
    one.waiting += 1;
    return new Promise((resolve, reject) => {
      const leave = () => {
        reject(aborted());
        one.waiting -= 1;
        if (one.waiting === 0) this.giveUp(now.id, one);
      };
      signal.addEventListener("abort", leave);
      one.arrival.then(resolve, reject).finally(() => signal.removeEventListener("abort", leave));
    });
  }

  private begun(photo: Chosen): UnderWay {
    const ends = new AbortController();
    const one = { arrival: this.sent(photo, ends.signal), waiting: 0, ends };
    this.underWay.set(photo.id, one);
    const over = () => this.underWay.get(photo.id) === one && this.underWay.delete(photo.id);
    one.arrival.then(over, over);
    return one;
  }

  private giveUp(id: string, one: UnderWay): void {
    one.ends.abort();
    this.underWay.delete(id);
  }

  private async sent(photo: Chosen, signal: AbortSignal): Promise<string> {
    const { source } = await persist(() => this.send(photo, signal), this.hint, signal);
    this.draft.update(photo.id, { upload: { source, at: Date.now() }, error: null });
    return source;
  }
}

/** Say whether the service has a photo, and will have it for a while. */
export function arrived({ earlier, upload }: Chosen): boolean {
  return earlier !== undefined || (upload !== null && Date.now() - upload.at < FRESH);
}
