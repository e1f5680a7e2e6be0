// A service of the contract's form on a real port, which can be told to fail.

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import { Service } from "@/service/service";

interface Batch {
  task: string;
  body: string;
  names: string[]; // of its photos
  sources: string[];
  open: boolean;
}

export interface Fake {
  service: Service;
  uploads: string[]; // names, in the order of their arrival
  batches: Map<string, Batch>; // by idempotency key
  answer: (route: string, name: string) => number | null; // a status to fail with
  lose: (route: string) => boolean; // do the work, but let the answer get lost
  hold: (name: string) => Promise<void>; // let an upload take as long
  close: () => Promise<void>;
}

export async function serving(): Promise<Fake> {
  const fake = { uploads: [], batches: new Map(), answer: () => null, lose: () => false, hold: async () => {} } as unknown as Fake;
  const server = createServer((request, response) => void handle(fake, request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  fake.service = new Service({ address: `http://127.0.0.1:${port}`, key: "", user: "app-test" });
  fake.close = () => new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
  return fake;
}

async function handle(fake: Fake, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url!, "http://here");
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const body = Buffer.concat(parts).toString();
  const name = url.searchParams.get("name") ?? "";
  const wrong = fake.answer(url.pathname, name);
  if (wrong) {
    const code = { 415: "unsupported_media", 401: "unauthorized" }[wrong] ?? "busy";
    return end(response, wrong, { code, detail: "no", status: wrong });
  }
  const said = await answered(fake, request, url, body, name);
  if (fake.lose(url.pathname)) return void response.destroy();
  end(response, said.status, said);
}

async function answered(fake: Fake, request: IncomingMessage, url: URL, body: string, name: string): Promise<{ status: number }> {
  const [, , , kind, task, what] = url.pathname.split("/");
  if (kind === "uploads") {
    await fake.hold(name);
    return uploaded(fake, name);
  }
  if (task === "submit") return submitted(fake, request, body);
  const batch = [...fake.batches.values()].find((one) => one.task === task);
  if (!batch) return refusal(404, "not_found");
  if (what === "photos") return appended(batch, Number(url.searchParams.get("at")), JSON.parse(body).photos);
  if (what === "close") batch.open = false;
  return { status: 200, ...{ task_id: batch.task, counts: { total: batch.sources.length } } };
}

const refusal = (status: number, code: string) => ({ status, code, detail: code });

function appended(batch: Batch, at: number, photos: { source: string }[]) {
  const sources = photos.map(({ source }) => source);
  const there = batch.sources.slice(at, at + sources.length);
  if (at > batch.sources.length || there.some((source, place) => source !== sources[place])) return refusal(409, "append_conflict");
  if (!batch.open) return refusal(409, "batch_closed");
  batch.sources.push(...sources.slice(there.length));
  batch.names = batch.sources.map((source) => source.replace(/^upload:|-\d+$/g, ""));
  return { status: 202, task_id: batch.task };
}

function uploaded(fake: Fake, name: string) {
  fake.uploads.push(name);
  return { status: 201, source: `upload:${name}-${fake.uploads.length}`, name };
}

function submitted(fake: Fake, request: IncomingMessage, body: string) {
  const key = request.headers["idempotency-key"] as string;
  const before = fake.batches.get(key);
  if (before && before.body !== body) return { status: 422, code: "idempotency_mismatch", detail: "another body" };
  const batch = before ?? { body, task: `b${fake.batches.size}`, names: [], sources: [], open: JSON.parse(body).open };
  fake.batches.set(key, batch);
  return { status: 202, task_id: batch.task };
}

function end(response: ServerResponse, status: number, said: object): void {
  response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(said));
}
