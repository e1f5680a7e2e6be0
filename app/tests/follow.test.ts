import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";

import { follow } from "@/service/follow";
import { type ProgressMessage, Service } from "@/service/service";

type Connection = { since: string | null; protocols: string[] };

let server: WebSocketServer;
let connections: Connection[];

beforeEach(async () => {
  connections = [];
  server = new WebSocketServer({ port: 0, host: "127.0.0.1", handleProtocols: () => "photobatch" });
  await new Promise((resolve) => server.once("listening", resolve));
});

afterEach(() => {
  for (const client of server.clients) client.terminate();
  server.close();
});

/** What the service does with each connection, one after the other. */
function service(...acts: ((say: (message: object) => void, end: (code: number) => void) => void)[]): Service {
  server.on("connection", (socket, request) => {
    const url = new URL(request.url!, "http://here");
    connections.push({ since: url.searchParams.get("since"), protocols: (request.headers["sec-websocket-protocol"] ?? "").split(/, */) });
    const act = acts[Math.min(connections.length, acts.length) - 1]!;
    act((message) => socket.send(JSON.stringify(message)), (code) => (code === 1006 ? socket.terminate() : socket.close(code)));
  });
  const { port } = server.address() as AddressInfo;
  return new Service({ address: `http://127.0.0.1:${port}`, key: "a-key", user: "" });
}

function hear(from: Service, signal = new AbortController().signal) {
  const heard: ProgressMessage[] = [];
  const connected: boolean[] = [];
  const done = follow(from, "b1", 7, { told: (message) => heard.push(message), connected: (yes) => connected.push(yes), signal });
  return { heard, connected, done };
}

test("a lost connection goes on from the version that was heard last", async () => {
  const { heard, connected, done } = hear(service(
    (say, end) => { say({ type: "progress", version: 8 }); say({ type: "ping" }); setImmediate(end, 1006); },
    (say, end) => { say({ type: "done", version: 9 }); end(1000); },
  ));
  await done;
  expect(heard.map(({ version }) => version)).toEqual([8, 9]);
  expect(connections.map(({ since }) => since)).toEqual(["7", "8"]);
  expect(connected).toContain(false);
  expect(connected.at(-1)).toBe(true);
});

test("the key travels as a subprotocol, never in the address", async () => {
  await hear(service((_, end) => end(1000))).done;
  expect(connections[0]!.protocols).toEqual(["photobatch", "photobatch.key.a-key"]);
});

test("where coming back is of no use it says so", async () => {
  await expect(hear(service((_, end) => end(4404))).done).rejects.toMatchObject({ code: "no_batch", status: 404 });
  connections = [];
  server.removeAllListeners("connection");
  await expect(hear(service((_, end) => end(4401))).done).rejects.toMatchObject({ code: "unauthorized" });
});

test("who leaves hears no more", async () => {
  const ends = new AbortController();
  const { done } = hear(service((say) => { say({ type: "ping" }); ends.abort(); }), ends.signal);
  await done;
  expect(connections).toHaveLength(1);
});
