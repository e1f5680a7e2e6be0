// The phone's photo library: what is there, and where results go.

import { Album, Asset, AssetField, getPermissionsAsync, MediaType, Query, requestPermissionsAsync } from "expo-media-library";

import type { Chosen } from "@/draft/draft";

const OURS = "photobatch"; // the album of results
export const HAS_LIBRARY = true;

export interface AlbumName {
  id: string | null; // null: the whole library
  title: string;
}

/** Ask to see the library; returns whether the person allows it. */
export async function mayRead(): Promise<boolean> {
  return (await requestPermissionsAsync(false, ["photo"])).granted;
}

export async function albums(): Promise<AlbumName[]> {
  const all = await Album.getAll();
  return Promise.all(all.map(async (album) => ({ id: album.id, title: await album.getTitle() })));
}

/** Return the photos of an album, newest first. */
export async function photosOf(album: AlbumName): Promise<Chosen[]> {
  const query = new Query().eq(AssetField.MEDIA_TYPE, MediaType.IMAGE).orderBy({ key: AssetField.CREATION_TIME, ascending: false });
  if (album.id) query.album(new Album(album.id));
  const found = await query.exeForMetadata(); // one reading of the index, no file
  return found.map(({ id, filename }) => ({
    id, name: filename ?? "photo", uri: id, album: true, same: id, upload: null, error: null,
  }));
}

/** Ask to add to the library, and no more; returns whether the person allows it. */
export async function maySave(): Promise<boolean> {
  return (await requestPermissionsAsync(true)).granted;
}

/** Put a result into the library; where the person lets the app see it, into an album of its own. */
export async function saveToAlbum(uri: string): Promise<void> {
  if (!(await getPermissionsAsync(false, ["photo"])).granted) {
    await Asset.create(uri);
    return;
  }
  const ours = await Album.get(OURS);
  if (ours) await Asset.create(uri, ours);
  else await Album.create(OURS, [uri], false);
}
