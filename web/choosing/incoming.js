// Files that are dropped onto the page, those in folders too.

/** Return every file of a drop, folders walked through. */
export async function photosIn(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean); // now: later they are gone
  if (!entries.length) return [...transfer.files];
  const found = await Promise.all(entries.map((entry) => filesOf(entry).catch(() => []))); // one that can't be read stops no other
  return found.flat();
}

async function filesOf(entry) {
  if (entry.isFile) return [await new Promise((resolve, reject) => entry.file(resolve, reject))];
  const reader = entry.createReader();
  const found = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject)); // a hundred at a time
    if (!some.length) return found;
    for (const inner of some) found.push(...await filesOf(inner).catch(() => []));
  }
}
