// A batch in words: how far it is, and how long it still takes.

import { reason } from "@/service/problem";
import type { Batch } from "@/service/service";
import { RUNNING } from "@/service/watch";
import { duration, moment, number, t } from "@/words";

/** `total` counts photos that are on their way too. */
export function numbersOf(batch: Batch, total = batch.counts.total): string {
  const { status, counts, photos_per_s: rate, expires_at: until } = batch;
  const running = RUNNING.includes(status);
  return [
    batch.expanding ? t("batch.expanding", { n: counts.total }) : t("batch.done", { done: counts.succeeded, n: total }),
    counts.failed ? t("batch.failed", { n: counts.failed }) : null,
    counts.cancelled ? t("batch.stopped", { n: counts.cancelled }) : null,
    running && rate ? t("batch.rate", { rate: number(rate, 1) }) : null,
    running ? left(batch) : null,
    batch.truncated ? t("batch.truncated") : null,
    ...(batch.errors ?? []).map(({ source, code, message }) => `${source}: ${reason(code, message)}`),
    !running && until ? t("batch.until", { when: moment(until) }) : null,
  ]
    .filter(Boolean)
    .join(" · ");
}

function left({ eta_s: eta, eta_low_s: low, eta_high_s: high }: Batch): string | null {
  if (eta === null || eta === undefined) return null;
  const [about, least, most] = [eta, low ?? eta, high ?? eta].map(duration);
  return least === most ? t("batch.left", { time: about! }) : t("batch.leftBand", { time: about!, low: least!, high: most! });
}
