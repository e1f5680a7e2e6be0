// Files between the phone and the service, streamed from and to the disk.

import { randomUUID } from "expo-crypto";
import { Directory, File, Paths } from "expo-file-system";
import { fetch as stream } from "expo/fetch";
import { Asset } from "expo-media-library";

import { fileName } from "./names";
import type { Chosen } from "@/draft/draft";
import { isAbort, aborted, Problem, problemOf, UNREACHABLE } from "@/service/problem";
import type { Service, Upload } from "@/service/service";

/** Send a photo's file; returns the Upload. Raises Problem, AbortError. */
export async function sendFile(service: Service, photo: Chosen, signal?: AbortSignal): Promise<Upload> {
  const file = await fileOf(photo);
  if (!file) throw new Problem("file_gone", "", { status: 422 });
  const url = service.url("/api/v1/uploads", { name: photo.name });
  let answer;
  try {
    const headers = { ...service.headers, "Content-Type": "application/octet-stream" };
    // iOS goes on with an upload while the app sleeps, by a process that may not read the photo library.
    answer = await file.upload(url, { headers, signal, sessionType: photo.album ? "foreground" : "background" });
  } catch (error) {
    throw signal?.aborted || isAbort(error) ? aborted() : new Problem(UNREACHABLE, "");
  }
  if (answer.status === 201) return JSON.parse(answer.body) as Upload;
  const wait = Object.entries(answer.headers).find(([name]) => name.toLowerCase() === "retry-after");
  throw problemOf(answer.status, answer.body, wait?.[1] ?? null);
}

/** Fetch a result into the cache under the service's name for it; returns its address. Raises Problem, AbortError. */
export async function fetchResult(service: Service, path: string, signal?: AbortSignal): Promise<string> {
  const folder = new Directory(Paths.cache, "results", randomUUID()); // photos of a batch may share a name
  try {
    const answer = await stream(service.url(path), { headers: service.headers, signal });
    if (!answer.ok) throw problemOf(answer.status, await answer.text(), answer.headers.get("Retry-After"));
    folder.create({ intermediates: true });
    const file = new File(folder, fileName(answer.headers.get("Content-Disposition")) ?? "photo");
    file.write(await answer.bytes());
    return file.uri;
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw signal?.aborted || isAbort(error) ? aborted() : new Problem(UNREACHABLE, "");
  }
}

export function dropResult(uri: string): void {
  const folder = new File(uri).parentDirectory;
  if (folder.exists) folder.delete();
}

/** Return a photo's file; null if it is gone. One of the photo library may have to come from the cloud first. */
async function fileOf({ uri, album }: Chosen): Promise<File | null> {
  try {
    const file = new File(album ? await new Asset(uri).getUri() : uri);
    return file.exists ? file : null;
  } catch {
    return null;
  }
}
