"""The implementations that the contract is tested on, by name, so that other processes can open them too.

As a command it plays the other owner of a journal: `journals.py KIND PLACE flood|append|open`.
"""

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path

from storage.errors import StorageError
from storage.journal import Entry, Journal
from storage.redis_log import RedisJournal
from storage.sqlite import SqliteJournal

REDIS_URL = "PHOTOBATCH_TEST_REDIS"  # the variable that names the tests' own server, for other processes too
KINDS: dict[str, Callable[[str], Journal]] = {
    "sqlite": lambda place: SqliteJournal(Path(place) / "journal.sqlite"),
    "redis": lambda place: RedisJournal(os.environ[REDIS_URL], prefix=place),
}
APPENDERS = 8
TOGETHER = 5


def entry(batch_id: str, version: int, body: bytes = b"body") -> Entry:
    return Entry(batch_id, version, body)


def versions(journal: Journal) -> list[int]:
    return [each.version for each in journal.replay()]


async def flood(journal: Journal) -> None:
    """Append for ever, TOGETHER entries a call over two batches; print a call's number once it was told durable."""
    calls = iter(range(1, 1 << 30))

    async def appender() -> None:
        for call in calls:
            body = str(call).encode()
            versions = range(call * TOGETHER, (call + 1) * TOGETHER)
            await journal.append([entry(f"batch{version % 2}", version, body * 100) for version in versions])
            os.write(1, body + b"\n")

    await asyncio.gather(*(appender() for _ in range(APPENDERS)))


if __name__ == "__main__":
    kind, place, act = sys.argv[1:]
    opened = KINDS[kind](place)
    print("epoch", opened.open(), flush=True)
    if act == "flood":
        asyncio.run(flood(opened))
    elif act == "append":
        sys.stdin.readline()
        try:
            asyncio.run(opened.append([entry("a", 1)]))
        except StorageError as error:
            print(type(error).__name__)
    else:
        sys.stdin.read()
        opened.close()
