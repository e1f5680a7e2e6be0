// Waiting between tries.

import { aborted, Problem } from "./problem";

const LONGEST = 15_000; // ms between two tries

/** Wait. Raises AbortError. */
export function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(aborted());
    const stop = () => {
      clearTimeout(timer);
      reject(aborted());
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", stop);
  });
}

/**
 * Do something until it is done: a lost connection, 429 and 5xx pass. `hint` hears why a try failed, and null once one
 * succeeded. Raises what does not pass, and AbortError.
 */
export async function persist<Result>(work: () => Promise<Result>, hint: (problem: Problem | null) => void, signal?: AbortSignal): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      const result = await work();
      hint(null);
      return result;
    } catch (problem) {
      if (!(problem instanceof Problem) || !problem.passing) throw problem;
      hint(problem);
      const wait = Math.max((problem.retryAfter ?? 0) * 1000, Math.min(250 * 2 ** attempt, LONGEST));
      await pause(wait * (0.75 + Math.random() / 2), signal).catch((error) => {
        hint(null); // nobody waits any more
        throw error;
      });
    }
  }
}

/** Run `work` on each item, a few at once. The first error stops what has not begun, and is raised. */
export async function inParallel<Item>(items: Iterable<Item>, width: number, work: (item: Item) => Promise<void>): Promise<void> {
  const queue = items[Symbol.iterator]();
  let stopped = false;
  const lane = async () => {
    for (let next = queue.next(); !next.done && !stopped; next = queue.next()) {
      try {
        await work(next.value);
      } catch (error) {
        stopped = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: width }, lane));
}
