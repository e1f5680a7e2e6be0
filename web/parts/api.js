// The service's HTTP contract, as the page uses it. Every refusal is a Problem with its stable code.

import { t, known } from "/web/parts/i18n.js";
import { keep, kept } from "/web/parts/kept.js";

const API = "/api/v1";
const PATIENCE = 8, FEW = 3; // tries of an upload, of a picture
const STALLED = 60_000; // ms without a byte of an upload leaving, or without an answer to all of them
export const UNCHANGED = { preset_type: "color" }; // a look that changes nothing
const FULL = 507;
const PASSING = ["too_slow", "idempotency_in_progress"];

/** Why the service did not do it: `code` is stable, `message` is for people, in their language where there are words. */
export class Problem extends Error {
  constructor(code, detail, { status = 0, field = null, retryAfter = null } = {}) {
    super(reason(code, detail));
    Object.assign(this, { code, detail, status, field, retryAfter });
  }

  /** Whether the same request may well succeed later. */
  get passing() {
    const away = this.status === 0 || this.status === 429 || (this.status >= 500 && this.status !== FULL);
    return away || PASSING.includes(this.code);
  }

  /** Whether it is about the file that was sent: others may well be taken. */
  get ofTheFile() {
    return !this.passing && ![401, FULL].includes(this.status);
  }
}

/** Words for a code, with what to do; else what the service said. */
export function reason(code, detail) {
  return known(`errors.${code}`) ? t(`errors.${code}`) : detail;
}

let askForKey = async () => false;

/** Have `ask` called when the service wants a key; it returns whether there is another one now. */
export function whenKeyIsNeeded(ask) {
  askForKey = ask;
}

export function apiKey() {
  return kept("key");
}

export function keepApiKey(key) {
  keep("key", key || null);
}

/** Forget a key that nobody asks for: with one the page would be nobody in particular on a service without keys. */
export async function dropNeedlessKey() {
  if (!apiKey()) return;
  const answer = await fetch(`${API}/presets`).catch(() => null);
  if (answer?.ok) keepApiKey(null);
}

/** Whose things these are where the service has no keys: this browser's. With a key the key says it. */
export function user() {
  if (apiKey()) return {};
  if (!kept("user")) keep("user", `web-${token()}`);
  return { user_id: kept("user") };
}

/** A word that nobody guesses, also where the page is no secure context and has no crypto.randomUUID. */
export function token() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(36).padStart(2, "0")).join("");
}

/** Ask the service; returns the Response. Raises Problem, and AbortError for an aborted signal. */
export async function send(method, path, { query = {}, json, body, headers = {}, signal } = {}) {
  const address = path.startsWith("/s/") || path.startsWith(API) ? path : API + path;
  for (;;) {
    const search = new URLSearchParams(Object.entries(withoutUser(query)).filter(([, value]) => value !== null && value !== undefined));
    const key = apiKey();
    let answer;
    try {
      answer = await fetch(search.size ? `${address}?${search}` : address, {
        method,
        headers: { ...keyHeader(), ...(json ? { "Content-Type": "application/json" } : {}), ...headers },
        body: json ? JSON.stringify(withoutUser(json)) : body,
        signal,
      });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new Problem("unreachable", "");
    }
    if (answer.ok) return answer;
    const problem = await problemOf(answer);
    if (problem.status !== 401 || (key === apiKey() && !(await askForKey()))) throw problem;
  }
}

/** Ask the service; returns what it says, parsed. */
export async function ask(method, path, options) {
  const answer = await send(method, path, options);
  return answer.status === 204 ? null : whole(answer.json());
}

/** Return a file of the service's as a Blob: pictures need the key too, which an <img> can't show. */
export async function blob(path, signal) {
  return (await download(path, signal)).content;
}

/** Return a file of the service's and the answer that it came in, after a few tries. */
export async function download(path, signal) {
  for (let attempt = 1; ; attempt++) {
    try {
      const answer = await send("GET", path, { signal });
      return { answer, content: await whole(answer.blob()) };
    } catch (problem) {
      if (!problem.passing || attempt === FEW) throw problem;
      await pause((problem.retryAfter ?? attempt) * 1000, signal);
    }
  }
}

/**
 * Send one file; returns the Upload. `progress(bytes)` hears how much of it has left. Lost connections, 429 and 5xx are
 * tried again with back-off. Raises Problem, AbortError.
 */
export async function upload(file, name, { progress = () => {}, signal } = {}) {
  for (let attempt = 1; ; attempt++) {
    const key = apiKey();
    try {
      return await uploadOnce(file, name, progress, signal);
    } catch (problem) {
      if (problem.status === 401 && (key !== apiKey() || (await askForKey()))) continue;
      if (problem.status === 0 && !(await readable(file))) throw new Problem("file_gone", "", { status: 422 });
      if (!problem.passing || attempt === PATIENCE) throw problem;
      progress(0);
      const wait = Math.max((problem.retryAfter ?? 0) * 1000, Math.min(250 * 2 ** attempt, 15_000));
      await pause(wait * (0.75 + Math.random() / 2), signal);
    }
  }
}

/** Return a small JPEG for each look of an uploaded photo: `[{image: Blob | null, width, height, faces, error}]`. */
export async function previews(source, items, maxSide, signal) {
  const json = { source, items, max_side: maxSide };
  const { items: pictures } = await ask("POST", "/presets/preview", { query: user(), json, signal });
  return pictures.map(({ image, ...others }) => ({ ...others, image: image && jpeg(image) }));
}

/** Return an uploaded photo small and as it came: of formats that a browser can't decode. Raises Problem. */
export async function unchanged(source, maxSide, signal) {
  const [{ image }] = await previews(source, [UNCHANGED], maxSide, signal);
  return image;
}

/** Wait; returns at once when the browser comes back online. Raises AbortError. */
export function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(new DOMException("", "AbortError"));
    const timer = setTimeout(end, milliseconds);
    function end() {
      clearTimeout(timer);
      removeEventListener("online", end);
      signal?.removeEventListener("abort", end);
      if (signal?.aborted) reject(new DOMException("", "AbortError"));
      else resolve();
    }
    addEventListener("online", end);
    signal?.addEventListener("abort", end);
  });
}

/** The key says whose things these are; it may have been entered after the request was made up. */
function withoutUser({ user_id: user, ...others }) {
  return apiKey() || user === undefined ? others : { user_id: user, ...others };
}

function keyHeader() {
  const key = apiKey();
  return key ? { Authorization: `Bearer ${key}` } : {};
}

/** The body of an answer; one that breaks off in the middle is a lost connection. */
async function whole(body) {
  try {
    return await body;
  } catch (error) {
    throw error.name === "AbortError" ? error : new Problem("unreachable", "");
  }
}

/** Say whether a chosen file is still where it was, and as it was. */
async function readable(file) {
  return file.slice(0, 1).arrayBuffer().then(() => true, () => false);
}

async function problemOf(answer) {
  const retryAfter = Number(answer.headers.get("Retry-After")) || null;
  const said = await answer.json().catch(() => null); // of something between us and the service it may be anything
  const code = said?.code ?? (answer.status === 413 ? "too_large" : `http_${answer.status}`);
  const detail = said?.detail || t("errors.refused", { status: answer.status });
  return new Problem(code, detail, { status: answer.status, field: said?.field, retryAfter });
}

/** fetch tells nothing of what has left: this is what XMLHttpRequest is still for. */
function uploadOnce(file, name, progress, signal) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    if (signal?.aborted) return reject(new DOMException("", "AbortError"));
    const abort = () => request.abort();
    let stalled = false, timer = 0;
    const moving = () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        stalled = true;
        request.abort();
      }, STALLED);
    };
    request.open("POST", `${API}/uploads?${new URLSearchParams({ name })}`);
    for (const [header, value] of Object.entries(keyHeader())) request.setRequestHeader(header, value);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.onprogress = (event) => {
      moving();
      progress(event.loaded);
    };
    request.onload = async () => {
      const made = request.status === 201 ? parsed(request.responseText) : null;
      if (made?.source) resolve(made);
      else reject(await problemOf(new Response(request.responseText, { status: request.status, headers: retryHeader(request) })));
    };
    request.onerror = () => reject(new Problem("unreachable", ""));
    request.onabort = () => reject(stalled ? new Problem("unreachable", "") : new DOMException("", "AbortError"));
    request.onloadend = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    };
    signal?.addEventListener("abort", abort);
    moving();
    request.send(file);
  });
}

function retryHeader(request) {
  const wait = request.getResponseHeader("Retry-After");
  return wait ? { "Retry-After": wait } : {};
}

function jpeg(base64) {
  return new Blob([Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))], { type: "image/jpeg" });
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
