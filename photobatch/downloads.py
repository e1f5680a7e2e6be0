"""Downloads of results into a folder: a few at a time, checked, and continued after an interruption."""

import asyncio
import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from photobatch.connection import Connection
from photobatch.errors import UnavailableError, of_response, retry_after_s
from photobatch.parallel import OnProgress, in_parallel
from photobatch.patience import Patience
from photobatch.schemas import PhotoResult, ResultVariant

_PIECE = 1 << 20
_AGAIN = frozenset({408, 429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Wanted:
    """A result and its file."""

    result: PhotoResult | ResultVariant
    path: Path


async def download_all(
    connection: Connection, wanted: Sequence[Wanted], width: int, on_progress: OnProgress | None = None
) -> list[Path]:
    """Download results; return their paths, including correct files that existed.

    Raises PhotoBatchError, e.g. NotFoundError if the batch was deleted meanwhile.
    """

    async def one(want: Wanted) -> Path:
        await _Download(connection, want).fetch()
        return want.path

    return await in_parallel(one, wanted, width, on_progress)


class _Download:
    """One result. It is written to a `.part` file, which gets its final name when its digest is correct."""

    def __init__(self, connection: Connection, want: Wanted) -> None:
        self._connection = connection
        self._result, self._path = want.result, want.path
        self._part = want.path.with_name(want.path.name + ".part")

    async def fetch(self) -> None:
        if await asyncio.to_thread(self._is_right, self._path):
            return
        patience = Patience(self._connection.max_retries)
        while not await asyncio.to_thread(self._is_right, self._part):
            start = self._held()
            lost = UnavailableError("damaged", f"{self._path.name} comes damaged, time and again; retry its batch.")
            wait_s = None
            try:
                wait_s = await self._more(start)
            except httpx.RequestError as error:
                lost = self._connection.unreachable(error)
            if start < self._held():
                patience.success()
            elif not await asyncio.to_thread(self._is_right, self._part) and not await patience.again(wait_s):
                raise lost
        await asyncio.to_thread(os.replace, self._part, self._path)

    async def _more(self, start: int) -> float | None:
        """Download the missing part; return the seconds to wait if the service is busy."""
        headers = {"Accept-Encoding": "identity"}
        if start:
            headers |= {"Range": f"bytes={start}-", "If-Range": f'"{self._result.sha256}"'}
        async with self._connection.stream(self._result.url, headers) as response:
            if not response.is_success:
                await response.aread()
                if response.status_code not in _AGAIN:
                    raise of_response(response)
                return retry_after_s(response)
            goes_on = response.headers.get("content-range", "").startswith(f"bytes {start}-")
            await self._write(response, append=response.status_code == httpx.codes.PARTIAL_CONTENT and goes_on)
        return None

    async def _write(self, response: httpx.Response, *, append: bool) -> None:
        file = await asyncio.to_thread(self._part.open, "ab" if append else "wb")
        try:
            async for piece in response.aiter_raw(_PIECE):
                await asyncio.to_thread(file.write, piece)
                if file.tell() > self._result.bytes:
                    return  # no such file; a file that is too long is started over
        finally:
            await asyncio.shield(asyncio.to_thread(file.close))

    def _held(self) -> int:
        """Return how many bytes of the part can be used; a complete but wrong part is of no use."""
        size = self._part.stat().st_size if self._part.exists() else 0
        return size if size < self._result.bytes else 0

    def _is_right(self, path: Path) -> bool:
        if not path.is_file() or path.stat().st_size != self._result.bytes:
            return False
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == self._result.sha256
