// What the app remembers between starts: JSON in the app's own folder, each write whole or not at all.

import { File, Paths } from "expo-file-system";

/** Return what was kept under a name; null if nothing was. */
export function kept<T>(name: string): T | null {
  for (const file of [place(name), written(name)]) {
    if (!file.exists) continue;
    try {
      return JSON.parse(file.textSync()) as T;
    } catch {
      continue; // the app was killed in the middle of this write
    }
  }
  return null;
}

/** Keep a value under a name; null: forget it. It is on the disk when this returns. */
export function keep(name: string, value: unknown): void {
  if (value === null) {
    for (const file of [place(name), written(name)]) if (file.exists) file.delete();
    return;
  }
  const file = written(name);
  file.write(JSON.stringify(value));
  file.moveSync(place(name), { overwrite: true });
}

const place = (name: string) => new File(Paths.document, `${name}.json`);
const written = (name: string) => new File(Paths.document, `${name}.written.json`);
