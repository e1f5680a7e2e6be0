// The files of chosen photos. The picker copies them into a cache that the system may empty; they move to a safe place.

import { Directory, File, Paths } from "expo-file-system";

const folder = () => new Directory(Paths.document, "chosen");

/** Take a picked file over; returns where it is now. */
export async function keptFile(id: string, name: string, uri: string): Promise<string> {
  folder().create({ intermediates: true, idempotent: true });
  const there = new File(folder(), `${id}.${name.split(".").pop()}`);
  await new File(uri).move(there);
  return there.uri;
}

/** Remove the files of photos that nobody needs any more. */
export function dropFiles(uris: string[]): void {
  for (const uri of uris) {
    const file = new File(uri);
    if (file.exists) file.delete();
  }
}

/**
 * Return where a kept file is today: an update of the app may have moved its folder (iOS). Files of the photo library stay
 * where they are.
 */
export function today(uri: string): string {
  const found = /\/chosen\/([^/]+)$/.exec(uri);
  return found ? new File(folder(), found[1]!).uri : uri;
}
