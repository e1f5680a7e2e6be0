// A browser has no photo library: results are downloads.

import { names } from "./transfer.web";
import type { AlbumName } from "./album";
import type { Chosen } from "@/draft/draft";

export const HAS_LIBRARY = false;

export async function mayRead(): Promise<boolean> {
  return false;
}

export async function albums(): Promise<AlbumName[]> {
  return [];
}

export async function photosOf(): Promise<Chosen[]> {
  return [];
}

export async function maySave(): Promise<boolean> {
  return true;
}

export async function saveToAlbum(uri: string): Promise<void> {
  const link = document.createElement("a");
  link.href = uri;
  link.download = names.get(uri) ?? "photo";
  link.click();
}
