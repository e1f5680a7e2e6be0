// A batch's progress by WebSocket, across sleep, lost networks and restarts of the service: nothing is missed.

import { pause } from "./pause";
import { Problem } from "./problem";
import type { ProgressMessage, Service } from "./service";

const SILENCE = 45_000; // ms; the service says something every 15 s
const LONGEST = 10_000; // ms between two connections
const DONE = 1000, BAD_SINCE = 4400, NOT_ALLOWED = 4401, NO_BATCH = 4404;

export interface Listener {
  told(message: ProgressMessage): void;
  connected(yes: boolean): void;
  signal: AbortSignal;
  /** Calls back when the app comes to the front, where a connection may be dead unnoticed; returns how to stop. */
  awake?: (wake: () => void) => () => void;
}

/**
 * Tell everything that happens to a batch after `since`, until it ends, the signal is aborted, or the batch has to be read
 * anew. Raises Problem where coming back is of no use.
 */
export async function follow(service: Service, task: string, since: number, listener: Listener): Promise<void> {
  const { signal, connected, told } = listener;
  for (let failures = 0; !signal.aborted; ) {
    const end = await listen(service, task, since, listener, (message) => {
      failures = 0;
      connected(true);
      if (message.type === "ping") return;
      since = message.version ?? since;
      told(message);
    });
    if (signal.aborted || end === DONE || end === BAD_SINCE) return; // BAD_SINCE: an older state was restored
    connected(false);
    if (end === NOT_ALLOWED) throw new Problem("unauthorized", "", { status: 401 });
    if (end === NO_BATCH) throw new Problem("no_batch", "", { status: 404 });
    failures += 1;
    await pause(Math.min(300 * 2 ** failures, LONGEST), signal).catch(() => {});
  }
}

/** Hear one connection to its end; resolves to the close code. */
function listen(service: Service, task: string, since: number, { signal, awake }: Listener, hear: (message: ProgressMessage) => void): Promise<number> {
  return new Promise((resolve) => {
    const socket = service.socket(`/ws/batch/${task}`, { since });
    let timer: ReturnType<typeof setTimeout>;
    const ended = (code: number) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
      sleepless?.();
      socket.onclose = socket.onmessage = null;
      socket.close();
      resolve(code);
    };
    const abort = () => ended(0);
    const patient = () => {
      clearTimeout(timer);
      timer = setTimeout(abort, SILENCE); // asleep, or on another network: it would never tell
    };
    const sleepless = awake?.(abort); // a new connection costs less than a dead one
    socket.onmessage = ({ data }) => {
      patient();
      hear(JSON.parse(data));
    };
    socket.onclose = ({ code }) => ended(code ?? 0);
    socket.onerror = () => {}; // onclose comes too; one that is left while it connects errs later
    signal.addEventListener("abort", abort);
    patient();
  });
}
