// Files between a browser and the service.

import { fileName } from "./names";
import type { Chosen } from "@/draft/draft";
import { aborted, isAbort, Problem, problemOf, UNREACHABLE } from "@/service/problem";
import type { Service, Upload } from "@/service/service";

export const names = new Map<string, string>(); // address of a blob → the name of its file

export async function sendFile(service: Service, photo: Chosen, signal?: AbortSignal): Promise<Upload> {
  const body = await fetch(photo.uri).then((answer) => answer.blob(), () => null);
  if (!body) throw new Problem("file_gone", "", { status: 422 });
  let answer;
  try {
    const headers = { ...service.headers, "Content-Type": "application/octet-stream" };
    answer = await fetch(service.url("/api/v1/uploads", { name: photo.name }), { method: "POST", headers, body, signal });
  } catch (error) {
    throw isAbort(error) ? aborted() : new Problem(UNREACHABLE, "");
  }
  if (answer.status === 201) return (await answer.json()) as Upload;
  throw problemOf(answer.status, await answer.text(), answer.headers.get("Retry-After"));
}

export async function fetchResult(service: Service, path: string, signal?: AbortSignal): Promise<string> {
  const answer = await service.send("get", path, { signal });
  const uri = URL.createObjectURL(await answer.blob());
  names.set(uri, fileName(answer.headers.get("Content-Disposition")) ?? "photo");
  return uri;
}

export function dropResult(uri: string): void {
  URL.revokeObjectURL(uri);
  names.delete(uri);
}
