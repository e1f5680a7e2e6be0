// Work on many things, a few at once.

/** Run `work` on each item, a few at once. The first error stops what has not begun, and is raised. */
export async function inParallel(items, width, work) {
  const queue = items[Symbol.iterator]();
  let stopped = false;
  const lanes = Array.from({ length: width }, async () => {
    for (const item of queue) {
      if (stopped) return;
      try {
        await work(item);
      } catch (error) {
        stopped = true;
        throw error;
      }
    }
  });
  await Promise.all(lanes);
}
