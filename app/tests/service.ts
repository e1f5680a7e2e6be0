// A service of the contract's form on a real port, which can be told to fail.

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import { Service } from "@/service/service";

export interface Fake {
  service: Service;
  uploads: string[]; // names, in the order of their arrival
  batches: Map<string, { body: string; task: string }>; // by idempotency key
  answer: (route: string, name: string) => number | null; // a status to fail with
  lose: (route: string) => boolean; // do the work, but let the answer get lost
  close: () => Promise<void>;
}

export async function serving(): Promise<Fake> {
  const fake = { uploads: [], batches: new Map(), answer: () => null, lose: () => false } as unknown as Fake;
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
  const said = url.pathname.endsWith("/submit") ? submitted(fake, request, body) : uploaded(fake, name);
  if (fake.lose(url.pathname)) return void response.destroy();
  end(response, said.status, said);
}

function uploaded(fake: Fake, name: string) {
  fake.uploads.push(name);
  return { status: 201, source: `upload:${name}-${fake.uploads.length}`, name };
}

function submitted(fake: Fake, request: IncomingMessage, body: string) {
  const key = request.headers["idempotency-key"] as string;
  const before = fake.batches.get(key);
  if (before && before.body !== body) return { status: 422, code: "idempotency_mismatch", detail: "another body" };
  const batch = before ?? { body, task: `b${fake.batches.size}` };
  fake.batches.set(key, batch);
  return { status: 202, task_id: batch.task };
}

function end(response: ServerResponse, status: number, said: object): void {
  response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(said));
}
