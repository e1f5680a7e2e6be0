// What is chosen and not handed in yet. Every change is on the disk soon, so that a killed app goes on from here.

import { keep, kept } from "@/device/kept";
import { today } from "@/device/chosen-files";
import type { paths } from "../../generated/schema";

const SOON = 400; // ms: uploads end several times a second, a thousand photos are 300 KB

export interface Sent {
  source: string; // what batches call it
  at: number; // when it was there, ms
}

export interface Chosen {
  id: string;
  name: string;
  uri: string; // a file; with `album` an id of the photo library
  album: boolean;
  same: string | null; // the library's id, to see that it was chosen before
  upload: Sent | null;
  error: string | null; // why the service does not take it
}

type Submit = paths["/api/v1/batch/submit"]["post"]["requestBody"]["content"]["application/json"];

/** What is handed in, under a key of its own: noted before it is sent, so that a repeated one is the same to the letter. */
export interface Request {
  key: string;
  body: Submit;
}

export interface Draft {
  photos: Chosen[];
  preset: string | null;
  params: Record<string, number>;
  sending: boolean; // the person has pressed Start
  request: Request | null; // it was sent, and of its answer nothing is known
}

const EMPTY: Draft = { photos: [], preset: null, params: {}, sending: false, request: null };

export class DraftStore {
  private now: Draft;
  private readonly listeners = new Set<() => void>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly name = "draft") {
    const before = { ...EMPTY, ...kept<Draft>(name) };
    this.now = { ...before, photos: before.photos.map((photo) => ({ ...photo, uri: photo.album ? photo.uri : today(photo.uri) })) };
  }

  get = (): Draft => this.now;

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  set(change: Partial<Draft>): void {
    this.now = { ...this.now, ...change };
    this.timer ??= setTimeout(() => this.flush(), SOON);
    for (const listener of this.listeners) listener();
  }

  /** Change one photo; nothing happens if it was taken out meanwhile. */
  update(id: string, change: Partial<Chosen>): void {
    this.set({ photos: this.now.photos.map((photo) => (photo.id === id ? { ...photo, ...change } : photo)) });
  }

  /** Add photos; returns how many were there already. */
  add(photos: Chosen[]): number {
    const there = new Set(this.now.photos.flatMap(({ same }) => same ?? []));
    const fresh = photos.filter(({ same }) => same === null || !there.has(same));
    this.set({ photos: [...this.now.photos, ...fresh] });
    return photos.length - fresh.length;
  }

  /** Take photos out; returns them. */
  remove(ids: ReadonlySet<string>): Chosen[] {
    const gone = this.now.photos.filter(({ id }) => ids.has(id));
    this.set({ photos: this.now.photos.filter(({ id }) => !ids.has(id)) });
    return gone;
  }

  /** Write what is there now; it is on the disk when this returns. */
  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    keep(this.name, this.now);
  }
}
