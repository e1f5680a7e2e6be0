// In a browser a chosen photo is a blob: address, which lasts as long as the page.

export async function keptFile(_id: string, _name: string, uri: string): Promise<string> {
  return uri;
}

export function dropFiles(uris: string[]): void {
  for (const uri of uris) URL.revokeObjectURL(uri);
}

export function today(uri: string): string {
  return uri;
}
