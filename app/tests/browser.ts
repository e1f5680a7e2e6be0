// What a browser has and Node.js 20 lacks, for the modules that the web build uses.

import { WebSocket } from "ws";

const kept = new Map<string, string>();

Object.assign(globalThis, {
  WebSocket,
  localStorage: {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, value: string) => kept.set(name, value),
    removeItem: (name: string) => kept.delete(name),
    clear: () => kept.clear(),
  },
});
