// Files that were handed in since the page was loaded: their pictures need not come back from the service.

const files = new Map(); // the service's name of an upload → File

export function keepFile(source, file) {
  files.set(source, file);
}

export function keptFile(source) {
  return files.get(source) ?? null;
}
