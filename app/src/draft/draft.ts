// What is chosen, and what is on its way into a batch. Every change is on the disk soon, so that a killed app goes on.

import { dropFiles, today } from "@/device/chosen-files";
import { keep, kept } from "@/device/kept";
import type { paths } from "../../generated/schema";

const SOON = 400; // ms: uploads end several times a second, a thousand photos are 300 KB

export interface Sent {
  source: string; // what batches call it
  at: number; // when it was there, ms
}

/** A photo of an earlier batch: the service has it. */
export interface Earlier {
  source: string; // batch:TASK/3
  upload: string | null; // by which it can be previewed, if it was uploaded
}

export interface Chosen {
  id: string;
  name: string;
  uri: string; // a file; with `album` an id of the photo library; with `earlier` the path of its picture at the service
  album: boolean;
  same: string | null; // the library's id, to see that it was chosen before
  upload: Sent | null;
  error: string | null; // why the service does not take it
  earlier?: Earlier;
}

type Submit = paths["/api/v1/batch/submit"]["post"]["requestBody"]["content"]["application/json"];

/** Photos on their way into an open batch, which is submitted without any and then takes them in their order. */
export interface Going {
  key: string; // of the submit: noted before it is sent, so that a repeated one is the same batch
  body: Submit;
  task: string | null; // the batch, once it is there
  at: number; // how many photos it has
  pending: string[]; // ids of those that were appended, and of the answer nothing is known
  photos: Chosen[]; // those that it does not have, as far as is known
}

export interface Draft {
  photos: Chosen[];
  preset: string | null;
  params: Record<string, number>;
  light: number | null; // how far the light of all photos is matched, 0 to 1; null: not at all
  going: Going | null;
}

const EMPTY: Draft = { photos: [], preset: null, params: {}, light: null, going: null };

export class DraftStore {
  private now: Draft;
  private readonly listeners = new Set<() => void>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly name = "draft") {
    const { photos, going, ...before } = { ...EMPTY, ...kept<Draft>(name) };
    this.now = { ...before, photos: photos.map(found), going: going && { ...going, photos: going.photos.map(found) } };
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

  /** Change what is on its way; nothing happens if nothing is. */
  go(change: Partial<Going>): void {
    const { going } = this.now;
    if (going) this.set({ going: { ...going, ...change } });
  }

  /** A photo as it is now, whether chosen or on its way. */
  find(id: string): Chosen | undefined {
    const { photos, going } = this.now;
    return [...photos, ...(going?.photos ?? [])].find((photo) => photo.id === id);
  }

  /** Change one photo; nothing happens if it was taken out meanwhile. */
  update(id: string, change: Partial<Chosen>): void {
    const changed = (photos: Chosen[]) => photos.map((photo) => (photo.id === id ? { ...photo, ...change } : photo));
    const { photos, going } = this.now;
    this.set({ photos: changed(photos), going: going && { ...going, photos: changed(going.photos) } });
  }

  /** Add photos; returns how many were there already. */
  add(photos: Chosen[]): number {
    const there = new Set(this.now.photos.flatMap(({ same }) => same ?? []));
    const fresh = photos.filter(({ same }) => same === null || !there.has(same));
    this.set({ photos: [...this.now.photos, ...fresh] });
    return photos.length - fresh.length;
  }

  /** Take photos out, and forget their files. */
  remove(ids: ReadonlySet<string>): void {
    const gone = this.now.photos.filter(({ id }) => ids.has(id));
    this.set({ photos: this.now.photos.filter(({ id }) => !ids.has(id)) });
    this.forget(gone);
  }

  /** What is chosen is on its way from now on. */
  depart(key: string, body: Submit): void {
    const photos = this.now.photos.map((photo) => ({ ...photo, error: null }));
    this.set({ photos: [], going: { key, body, task: null, at: 0, pending: [], photos } });
    this.flush();
  }

  /** The first `count` of the photos that were appended are the batch's: they are needed no more. */
  arrived(count: number): void {
    const { at, pending, photos } = this.now.going!;
    const there = new Set(pending.slice(0, count));
    this.go({ at: at + there.size, pending: [], photos: photos.filter(({ id }) => !there.has(id)) });
    this.forget(photos.filter(({ id }) => there.has(id)));
  }

  /** Photos that were on their way are chosen again. */
  turnBack(back: Chosen[]): void {
    const ids = new Set(back.map(({ id }) => id));
    this.go({ photos: this.now.going!.photos.filter(({ id }) => !ids.has(id)) });
    this.set({ photos: [...back, ...this.now.photos] });
  }

  /** Nothing is on its way any more; what the batch does not have is chosen again. */
  arrive(): void {
    this.turnBack(this.now.going!.photos);
    this.set({ going: null });
    this.flush();
  }

  /** Another account from now on: what was uploaded belongs to the one before, and what is at another service is gone. */
  move(elsewhere: boolean): void {
    if (elsewhere && this.now.going?.task) this.arrive();
    const anew = (photos: Chosen[]) =>
      photos.filter(({ earlier }) => !earlier || !elsewhere).map((photo) => ({ ...photo, upload: null, error: null }));
    const { photos, going } = this.now;
    this.set({ photos: anew(photos), going: going && { ...going, photos: anew(going.photos) } });
    this.flush();
  }

  /** Write what is there now; it is on the disk when this returns. */
  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    keep(this.name, this.now);
  }

  private forget(photos: Chosen[]): void {
    this.flush(); // before the files go, so that no draft names a file that is gone
    dropFiles(photos.filter(({ album, earlier }) => !album && !earlier).map(({ uri }) => uri));
  }
}

function found(photo: Chosen): Chosen {
  return photo.album || photo.earlier ? photo : { ...photo, uri: today(photo.uri) };
}
