// Photos on their way into a batch that is open: the first are done while the last are still being sent. It goes on over
// views and reloads, and adds no photo twice.

import { ask, pause, Problem } from "/web/parts/api.js";
import { keepFile } from "/web/parts/handed-in.js";
import { t } from "/web/parts/i18n.js";
import { inParallel } from "/web/parts/parallel.js";
import { toast } from "/web/parts/toast.js";
import { photosOf, settingsOf } from "/web/choosing/request.js";
import { AT_ONCE, arrived, uploaded } from "/web/choosing/uploads.js";

const AGAIN = 4000; // ms after which what did not get through is tried again
const MOST = 500; // photos in one request

let now = null; // what is on its way

/** What is on its way into a batch, null for nothing: `{done, total}`; `listen(work)` hears of changes. */
export function underWayInto(task) {
  return now && now.state.task === task ? now : null;
}

/** Whether leaving the page would interrupt anything. */
export function underWay() {
  return now !== null;
}

/** Open a batch with the photos that are there, and go on with the others; resolves to its id. Raises Problem, AbortError. */
export async function setOff(draft, preset, photos, key, signal) {
  const first = ready(photos);
  const body = { photos: photosOf(first, preset), ...settingsOf(draft, preset), open: true };
  const state = { key, body, preset: { id: preset.id, type: preset.type }, task: null, at: 0, pending: first.map(({ id }) => id) };
  draft.depart(photos, state);
  try {
    await patiently(() => opened(draft, state), signal);
  } catch (problem) {
    draft.noteOpen(null);
    draft.turnBack(draft.going);
    throw problem;
  }
  now = new UnderWay(draft, state);
  now.run();
  return state.task;
}

/** Go on after a reload; `begun(task)` hears of the batch as soon as it is known that it is there. */
export function resume(draft, begun) {
  if (!draft.open) return;
  now = new UnderWay(draft, draft.open);
  now.run(begun);
}

async function opened(draft, state) {
  const { task_id: task } = await ask("POST", "/batch/submit", { headers: { "Idempotency-Key": state.key }, json: state.body });
  taken(draft, { ...state, task }, state);
}

/** The photos that were pending are the batch's. */
function taken(draft, next, state) {
  const pending = new Set(state.pending);
  const photos = draft.going.filter(({ id }) => pending.has(id));
  for (const { file, upload } of photos) if (file && upload) keepFile(upload.source, file);
  draft.arrived(photos);
  Object.assign(state, next, { at: state.at + state.pending.length, pending: [], body: null });
  draft.noteOpen(state);
}

/** The first photos that are there, up to one that is not: the batch has the order in which they were chosen. */
function ready(photos) {
  const waiting = photos.findIndex((photo) => photo.file && !arrived(photo) && !photo.error);
  return (waiting < 0 ? photos : photos.slice(0, waiting)).filter(({ error }) => !error).slice(0, MOST);
}

/** Do it until it gets through. */
async function patiently(work, signal) {
  for (;;) {
    try {
      return await work();
    } catch (problem) {
      if (!problem.passing) throw problem;
      await pause(AGAIN, signal);
    }
  }
}

class UnderWay {
  #listeners = new Set();
  #appending = Promise.resolve();
  #ends = new AbortController();

  constructor(draft, state) {
    Object.assign(this, { draft, state, total: state.at + draft.going.length });
  }

  get done() {
    return this.state.at;
  }

  listen(work) {
    this.#listeners.add(work);
    return () => this.#listeners.delete(work);
  }

  async run(begun) {
    const { draft, state } = this;
    try {
      if (!state.task) await this.#patiently(() => opened(draft, state));
      begun?.(state.task);
      await this.#send();
      await this.#append();
      await this.#patiently(() => ask("POST", `/batch/${state.task}/close`));
      draft.noteOpen(null);
    } catch (problem) {
      if (problem.name === "AbortError") return;
      draft.noteOpen(null);
      draft.turnBack(draft.going);
      toast(problem.status === 404 || problem.code === "batch_closed" ? t("sending.leftOver") : problem.message);
    } finally {
      now = null;
      this.#tell();
    }
  }

  async #send() {
    const { draft } = this;
    await inParallel(draft.going.filter((photo) => photo.file && !arrived(photo)), AT_ONCE, async (photo) => {
      try {
        await this.#patiently(() => uploaded(draft, photo, { signal: this.#ends.signal }));
      } catch (problem) {
        if (!(problem instanceof Problem) || !problem.ofTheFile) throw problem;
        draft.update(photo, { error: problem.message }); // no reason to stop the others
      }
      this.#appending = this.#appending.then(() => this.#append());
      this.#appending.catch(() => this.#ends.abort());
    });
    await this.#appending;
  }

  /** Append what is there by now. */
  async #append() {
    const { draft, state } = this;
    const refused = draft.going.filter(({ error }) => error);
    if (refused.length) {
      draft.turnBack(refused);
      this.total -= refused.length;
      toast(t("sending.refusedSome", { n: refused.length }));
    }
    for (let photos; (photos = this.#next()).length;) {
      state.pending = photos.map(({ id }) => id);
      draft.noteOpen(state);
      await this.#patiently(() => ask("POST", `/batch/${state.task}/photos`, { query: { at: state.at }, json: { photos: photosOf(photos, state.preset) } }));
      taken(draft, {}, state);
      this.#tell();
    }
  }

  /** What was asked for before is asked for again to the letter: its answer may have been lost. */
  #next() {
    const { draft, state } = this;
    const pending = new Set(state.pending);
    return pending.size ? draft.going.filter(({ id }) => pending.has(id)) : ready(draft.going);
  }

  #patiently(work) {
    return patiently(work, this.#ends.signal);
  }

  #tell() {
    for (const work of this.#listeners) work();
  }
}
