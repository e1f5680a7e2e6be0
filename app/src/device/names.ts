// Names of files.

/** Return the name that the service gives a file; null if it gives none. */
export function fileName(disposition: string | null): string | null {
  const coded = /filename\*=UTF-8''([^;]+)/i.exec(disposition ?? "");
  const plain = /filename="([^"]+)"/i.exec(disposition ?? "");
  const name = coded ? decodeURIComponent(coded[1]!) : plain?.[1];
  return name?.replace(/[/\\]/g, "_") ?? null;
}
