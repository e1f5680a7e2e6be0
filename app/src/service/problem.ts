// Why the service did not do something. Every refusal has a stable code.

import { known, t } from "@/words";

export const UNREACHABLE = "unreachable";
const FULL = 507; // no room left: waiting does not help
const PASSING = ["too_slow", "idempotency_in_progress"];

interface Circumstances {
  status?: number;
  retryAfter?: number | null;
}

export class Problem extends Error {
  readonly status: number; // 0: no answer
  readonly retryAfter: number | null; // seconds

  constructor(
    readonly code: string,
    detail: string,
    { status = 0, retryAfter = null }: Circumstances = {},
  ) {
    super(reason(code, detail));
    this.status = status;
    this.retryAfter = retryAfter;
  }

  /** Whether the same request may well succeed later. */
  get passing(): boolean {
    const away = this.status === 0 || this.status === 429 || (this.status >= 500 && this.status !== FULL);
    return away || PASSING.includes(this.code);
  }

  /** Whether it is about the file that was sent: others may well be taken. */
  get ofTheFile(): boolean {
    return !this.passing && ![401, FULL].includes(this.status);
  }
}

/** Return the words for a code, with what to do; else what the service said. */
export function reason(code: string, detail: string): string {
  for (const key of [`app.errors.${code}`, `errors.${code}`]) if (known(key)) return t(key);
  return detail;
}

/** Return what an answer other than a success says. It may come from something on the way, and be anything. */
export function problemOf(status: number, body: string, retryAfter: string | null): Problem {
  const said = parsed(body);
  const code = said?.code ?? (status === 413 ? "too_large" : `http_${status}`);
  const detail = said?.detail || t("errors.refused", { status });
  return new Problem(code, detail, { status, retryAfter: Number(retryAfter) || null });
}

/** The request was given up by its own side. */
export function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortError";
}

export function aborted(): Error {
  return Object.assign(new Error("aborted"), { name: "AbortError" });
}

/** Raises AbortError for an aborted signal; React Native's own signals cannot do that. */
export function goesOn(signal: AbortSignal): void {
  if (signal.aborted) throw aborted();
}

function parsed(text: string): { code?: string; detail?: string } | null {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
