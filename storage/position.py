"""The position of the journal, also kept in the blob store, so that an older journal is noticed."""

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from storage.blobs import Blobs, open_blobs
from storage.errors import BlobNotFoundError, StorageError

KEY = "journal/position.json"
READ_S = 10.0
WRITE_S = 3.0
EVERY_S = 5.0


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """The last commit of an epoch, and when it was made (unix seconds, 0: unknown)."""

    epoch: int
    commit: int
    at: float = 0.0

    @property
    def name(self) -> str:
        """The value with which an operator accepts a journal that ends here."""
        return f"{self.epoch}.{self.commit}"

    def lacks(self, known: "Position") -> bool:
        """Say whether a journal that ends here lacks commits up to `known`.

        A later epoch lacks nothing: it began with everything, or somebody accepted the loss.
        """
        return (self.epoch, self.commit) < (known.epoch, known.commit)

    def described(self) -> str:
        """Return it in words."""
        when = f", {datetime.fromtimestamp(self.at, UTC):%Y-%m-%d %H:%M:%S} UTC" if self.at else ""
        return f"commit {self.commit} of epoch {self.epoch}{when}"


class PositionRecord:
    """The position in the blob store. It is written every few seconds, so it may be a little old."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs
        self._written: Position | None = None

    async def write(self, position: Position | None) -> None:
        """Write a position, if it has changed. While the store is unavailable, its value grows older."""
        if position is not None and position != self._written:
            with suppress(StorageError, TimeoutError):
                async with asyncio.timeout(WRITE_S):
                    await self._blobs.put(KEY, json.dumps(asdict(position)).encode(), "application/json")
                self._written = position

    async def keep(self, position: Callable[[], Position | None]) -> None:
        """Write the position repeatedly, for ever."""
        while True:
            await self.write(position())
            await asyncio.sleep(EVERY_S)

    async def read(self) -> Position | None:
        """Return the position, None if there is none; raises StorageError."""
        try:
            return Position(**json.loads(await self._blobs.get(KEY)))
        except BlobNotFoundError:
            return None
        except (ValueError, TypeError) as error:
            raise StorageError(f"{KEY} in the blob store is damaged.") from error


def read_position(blob_url: str) -> Position | None:
    """Return the position in a blob store. Blocking; raises StorageError, at the latest after READ_S."""

    async def read() -> Position | None:
        try:
            async with asyncio.timeout(READ_S):
                return await PositionRecord(open_blobs(blob_url)).read()
        except TimeoutError:
            raise StorageError("The blob store does not answer.") from None

    with ThreadPoolExecutor(1) as thread:  # the caller's thread may run an event loop
        return thread.submit(asyncio.run, read()).result()
