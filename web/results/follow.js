// A batch's progress by WebSocket, across sleep, lost networks and restarts of the service: nothing is missed.

import { apiKey, ask, pause, Problem } from "/web/parts/api.js";

const SILENCE = 45_000; // the service says something every 15 s
const LONGEST = 10_000;
const DOUBTFUL = 20_000; // after so much of it a page that wakes up doesn't wait for more

/**
 * Call `told({batch, photos, type})` for everything that happens to a batch after `since`, until it ends, the signal is
 * aborted, or the batch has to be read anew; `connected(bool)` hears of each loss and return. Raises Problem where coming
 * back is of no use.
 */
export async function follow(task, since, { told, connected, signal }) {
  for (let failures = 0; !signal.aborted; ) {
    const end = await listen(task, since, signal, (message) => {
      failures = 0;
      connected(true);
      if (message.type === "ping") return;
      since = message.version ?? since;
      told(message);
    });
    if (signal.aborted || end === 1000 || end === 4400) return; // 4400: an older state of it was restored
    connected(false);
    if (end === 4401) await ask("GET", `/batch/${task}`, { signal }); // asks for a key where one is missing
    if (end === 4404) throw new Problem("no_batch", "", { status: 404 });
    failures += 1;
    await awake(Math.min(300 * 2 ** failures, LONGEST), signal);
  }
}

/** Hear one connection to its end; resolves to the close code. */
function listen(task, since, signal, hear) {
  return new Promise((resolve) => {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const key = apiKey();
    const socket = new WebSocket(
      `${scheme}//${location.host}/ws/batch/${task}?since=${since}`,
      key ? ["photobatch", `photobatch.key.${key}`] : [],
    );
    let timer = 0, heard = Date.now();
    const ended = (code) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
      removeEventListener("online", doubt);
      document.removeEventListener("visibilitychange", doubt);
      socket.onclose = socket.onmessage = null;
      socket.close();
      resolve(code);
    };
    const abort = () => ended(0);
    const doubt = () => document.visibilityState === "visible" && Date.now() - heard > DOUBTFUL && ended(0);
    const patient = () => {
      heard = Date.now();
      clearTimeout(timer);
      timer = setTimeout(() => ended(0), SILENCE); // asleep, or on another network: it would never tell
    };
    socket.onmessage = ({ data }) => {
      patient();
      hear(JSON.parse(data));
    };
    socket.onclose = ({ code }) => ended(code);
    signal.addEventListener("abort", abort);
    addEventListener("online", doubt);
    document.addEventListener("visibilitychange", doubt);
    patient();
  });
}

/** Wait, but no longer than until the person looks at the page again. */
async function awake(milliseconds, signal) {
  const seen = new AbortController();
  const look = () => document.visibilityState === "visible" && seen.abort();
  document.addEventListener("visibilitychange", look);
  const ends = AbortSignal.any([seen.signal, signal]);
  await pause(milliseconds, ends).catch(() => {});
  document.removeEventListener("visibilitychange", look);
}
