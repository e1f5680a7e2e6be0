"""Statistics of the service."""

import time
from collections import Counter

from actors.batches.ledger import Ledger
from actors.coordinator.config import CoordinatorConfig
from actors.messages.records import Json
from actors.photos.states import BatchState, PhotoState
from actors.pool.pool import Pool
from actors.pool.worker_record import Kind


def service_stats(
    config: CoordinatorConfig, ledger: Ledger, pool: Pool, busy: set[str], *, hold: str | None, uptime_s: float
) -> Json:
    """Return the data for `GET …/stats` and health; `hold` says why nothing is leased."""
    loaded = [*ledger.open.values(), *ledger.recent.values()]
    states, photos = Counter(ledger.archive.states), Counter(ledger.archive.photos)
    for batch in loaded:
        states[batch.state] += 1
        photos.update(batch.counts)
    open_batches = ledger.open.values()
    now = time.time()
    paces = [pace for batch in open_batches if (pace := batch.pace.photos_per_s(len(batch.workers()), now))]
    waiting = [batch for batch in open_batches if batch.counts[PhotoState.QUEUED]]
    return {
        "batches": {state.value: states[state] for state in BatchState},
        "photos": {state.label: photos[state] for state in PhotoState},
        "workers": pool.counts(busy),
        "gpu_workers": pool.crews[Kind.GPU].counts(busy),
        "quarantined": pool.quarantine.view(),
        "sick": pool.sick,
        "elastic": config.elastic.least == 0 < config.elastic.most,
        "hold": hold,
        "journal": ledger.trouble or "ok",
        "journal_missing": ledger.missing() if ledger.stopped else None,
        "queue": {
            "batches": len(waiting),
            "photos": sum(batch.counts[PhotoState.QUEUED] for batch in waiting),
            "limit": config.max_queue,
        },
        "photos_per_s": sum(paces),
        "uptime_s": uptime_s,
        "version": config.version,
        "release": config.release,
    }
