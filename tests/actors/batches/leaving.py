"""A ledger whose ended batches leave memory; as a command: `leaving.py KIND PLACE`, which works until it is killed.

It prints each batch that has ended durably, as others see it.
"""

import asyncio
import json
import math
import os
import sys
from itertools import count

from actors.batches.batch import Batch
from actors.batches.events import Leased, Reported, Retried, contents
from actors.batches.ledger import Ledger
from actors.batches.views import batch_view, photo_view
from actors.messages.ids import new_id
from actors.messages.records import BatchSpec, Json, LeaseKey, Outcome, PhotoSpec
from actors.photos.report import Report
from storage.errors import StorageError
from tests.storage.journals import KINDS

RESULT = {"format": "jpeg", "thumbnail": True, "original": False, "input_sha256": "00"}
FAILURE = {"code": "corrupt", "message": "…", "retryable": False}


def failed(error: StorageError) -> None:
    raise error


async def opened(kind: str, place: str) -> Ledger:
    ledger = Ledger(KINDS[kind](place), failed)
    await ledger.check_journal()
    return ledger


def ended(ledger: Ledger, photos: int, uploads: int = 0) -> Batch:
    """Make a batch and do its photos; every third one fails."""
    named = [PhotoSpec(f"upload:{new_id('u')}", "u") for _ in range(uploads)]
    named += [PhotoSpec(f"https://a.org/{number}.jpg", f"{number}.jpg") for number in range(photos - uploads)]
    batch = ledger.create(BatchSpec(new_id("b"), "ann", {"id": "p"}, {}), contents(named))
    work(ledger, batch)
    return batch


def work(ledger: Ledger, batch: Batch) -> None:
    chosen = batch.pick(len(batch.photos))
    attempts = [(index, batch.attempt[index] + 1) for index in chosen]
    ledger.record(batch, Leased("w", attempts, alone=False))
    keys = [LeaseKey(batch.spec.task_id, *attempt) for attempt in attempts]
    outcomes = [Outcome(key, error=FAILURE) if key.index % 3 == 2 else Outcome(key, RESULT) for key in keys]
    ledger.record(batch, Reported([Report.of(outcome, None) for outcome in outcomes]))


async def seen(ledger: Ledger, task_id: str) -> Json:
    """The batch and its photos as a client gets them, as JSON gives them back."""
    whole = await ledger.whole(task_id)
    photos = [photo_view(whole, index, timings=True) for index in range(len(whole.photos))]
    said: Json = json.loads(json.dumps({"batch": batch_view(ledger.get(task_id), 0.0, 60.0), "photos": photos}))
    return said


async def toil(kind: str, place: str) -> None:
    """Do batches for ever; all leave memory at once, and every second one is retried when it has or is about to."""

    ledger = await opened(kind, place)
    print("opened", flush=True)

    async def leave() -> None:
        while True:
            await ledger.put_away(math.inf)
            await asyncio.sleep(0)

    leaving = asyncio.ensure_future(leave())
    for number in count():
        batch = ended(ledger, 6)
        if number % 2:
            await ledger.durable()
            await asyncio.sleep(0.001 * (number % 4))
            await ledger.restore(batch)
            ledger.record(batch, Retried())
            work(ledger, batch)
        told = await seen(ledger, batch.spec.task_id)
        await ledger.durable()
        os.write(1, json.dumps(told).encode() + b"\n")
        if leaving.done():
            leaving.result()


if __name__ == "__main__":
    asyncio.run(toil(*sys.argv[1:]))
