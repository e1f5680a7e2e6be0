// From "Start" to a batch that has all photos: it is opened without any, takes them as they arrive, and is closed. So the
// first are done while the last are on their way. Whatever happens, each photo comes once.

import { randomUUID } from "expo-crypto";

import { inParallel, persist } from "@/service/pause";
import { goesOn, isAbort, Problem } from "@/service/problem";
import type { Service } from "@/service/service";
import { t } from "@/words";
import type { Chosen, DraftStore, Going } from "./draft";
import { arrived, type Uploads } from "./uploads";

const AT_ONCE = 3; // phones have little memory, and networks that share
const MOST = 500; // photos in one request
const WAITS = [401, 507]; // what somebody has to mend, a key or a full disk: then it goes on

export interface SendingNow {
  problem: Problem | null; // why it has stopped
  said: { task: string; text: string } | null; // what became of photos that a batch did not take
}

export class Sending {
  private now: SendingNow = { problem: null, said: null };
  private ends: AbortController | null = null; // while it runs
  private readonly listeners = new Set<() => void>();

  constructor(
    private readonly draft: DraftStore,
    private readonly service: Service,
    private readonly uploads: Uploads,
  ) {}

  get = (): SendingNow => this.now;

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Send off what is chosen. */
  start(): void {
    const { preset, params, light } = this.draft.get();
    const matched = light === null ? {} : { consistency: "shoot" as const, consistency_strength: light };
    this.draft.depart(randomUUID(), { preset_id: preset, preset_params: params, ...matched, open: true });
    this.begin();
  }

  /** Go on with what is on its way, if anything is. */
  begin = (): void => {
    if (this.ends || !this.draft.get().going) return;
    const ends = (this.ends = new AbortController());
    this.tell({ problem: null });
    this.run(ends.signal)
      .catch((problem) => ends.signal.aborted || this.failed(problem))
      .finally(() => this.ends === ends && (this.ends = null));
  };

  /** Stop; `begin` goes on. */
  stop(): void {
    this.ends?.abort();
    this.ends = null;
  }

  /** Stop before there is a batch: the photos are chosen again. */
  giveUp(): void {
    this.stop();
    this.draft.arrive();
  }

  private get going(): Going {
    return this.draft.get().going!;
  }

  private async run(signal: AbortSignal): Promise<void> {
    const { key, body, task } = this.going;
    if (!task) {
      const options = { headers: { "Idempotency-Key": key }, json: { ...body, ...this.service.owner } };
      const { task_id: made } = await this.patiently(() => this.service.ask("post", "/api/v1/batch/submit", options), signal);
      if (this.draft.get().going?.key !== key) return this.discard(made);
      goesOn(signal);
      this.draft.go({ task: made });
    } else if (this.going.pending.length) await this.catchUp(signal);
    await this.send(signal);
    const path = { task_id: this.going.task! };
    await this.patiently(() => this.service.ask("post", "/api/v1/batch/{task_id}/close", { path, signal }), signal);
    this.draft.arrive();
  }

  private async send(signal: AbortSignal): Promise<void> {
    const ends = new AbortController(); // what one upload meets, such as a wrong key, ends the others
    const end = () => ends.abort();
    signal.addEventListener("abort", end);
    let appended = Promise.resolve();
    const append = () => {
      appended = appended.then(() => this.append(ends.signal));
      appended.catch(end);
    };
    append();
    try {
      await inParallel(this.going.photos.filter((photo) => !arrived(photo)), AT_ONCE, async (photo) => {
        try {
          await this.uploads.source(photo, ends.signal);
        } catch (problem) {
          if (!(problem instanceof Problem) || !problem.ofTheFile) throw problem;
          this.draft.update(photo.id, { error: problem.message }); // no reason to stop the others
        }
        append();
      });
      await appended;
    } catch (problem) {
      if (isAbort(problem)) await appended; // it may be what ended the uploads, and says why
      throw problem;
    } finally {
      signal.removeEventListener("abort", end);
      end();
    }
  }

  /** Append what is there by now, up to the first photo that is not: a batch has the order in which they were chosen. */
  private async append(signal: AbortSignal): Promise<void> {
    for (;;) {
      goesOn(signal);
      this.turnBackRefused();
      const { task, at, photos } = this.going;
      const waiting = photos.findIndex((photo) => !arrived(photo));
      const ready = photos.slice(0, waiting < 0 ? MOST : Math.min(waiting, MOST));
      if (!ready.length) return;
      this.draft.go({ pending: ready.map(({ id }) => id) });
      this.draft.flush();
      const json = { photos: ready.map((photo) => ({ source: sourceOf(photo) })) };
      const options = { path: { task_id: task! }, query: { at }, json, signal };
      try {
        await this.patiently(() => this.service.ask("post", "/api/v1/batch/{task_id}/photos", options), signal);
        goesOn(signal);
        this.draft.arrived(ready.length);
      } catch (problem) {
        if (!(problem instanceof Problem) || problem.code !== "append_conflict") throw problem;
        if (!(await this.catchUp(signal))) throw problem;
      }
    }
  }

  /** See how many of the pending photos the batch has: they may have come under uploads that have expired since. */
  private async catchUp(signal: AbortSignal): Promise<boolean> {
    const { task, at } = this.going;
    const { counts } = await this.patiently(() => this.service.ask("get", "/api/v1/batch/{task_id}", { path: { task_id: task! }, signal }), signal);
    goesOn(signal);
    this.draft.arrived(Math.max(0, counts.total - at));
    return counts.total > at;
  }

  private turnBackRefused(): void {
    const { task, photos } = this.going;
    const refused = photos.filter(({ error }) => error);
    if (!refused.length) return;
    this.draft.turnBack(refused);
    const all = this.draft.get().photos.filter(({ error }) => error);
    this.tell({ said: { task: task!, text: t("app.refused", { n: all.length }) } });
  }

  /** The person gave up while the answer was on its way: nobody needs the empty batch. */
  private discard(task: string): void {
    this.service.ask("delete", "/api/v1/batch/{task_id}", { path: { task_id: task } }).catch(() => {});
  }

  private failed(problem: Error): void {
    if (isAbort(problem)) return;
    const { task } = this.going;
    const status = problem instanceof Problem ? problem.status : 0;
    if (!task || WAITS.includes(status)) return this.tell({ problem: problem as Problem });
    const left = this.going.photos.length;
    this.draft.arrive();
    const ended = status === 404 || status === 409; // it is gone, or was stopped
    if (left) this.tell({ said: { task, text: ended ? t("app.leftOver") : problem.message } });
    if (!ended) this.service.ask("post", "/api/v1/batch/{task_id}/close", { path: { task_id: task } }).catch(() => {});
  }

  private patiently<Result>(work: () => Promise<Result>, signal: AbortSignal): Promise<Result> {
    return persist(work, this.uploads.hint, signal);
  }

  private tell(change: Partial<SendingNow>): void {
    this.now = { ...this.now, ...change };
    for (const listener of this.listeners) listener();
  }
}

function sourceOf({ earlier, upload }: Chosen): string {
  return earlier?.source ?? upload!.source;
}
