"""Blob stores that go wrong: one dies right after an attempt was stored, before it was reported; one takes nothing."""

import asyncio
import os
import signal
from pathlib import Path

from storage.blobs import Blobs
from storage.errors import DeniedError


class DyingBlobs(Blobs):
    """Dies after the first thumbnail, once: `marker` remembers. A thumbnail takes `wait_s`."""

    def __init__(self, url: str, marker: Path, wait_s: float = 0.0) -> None:
        super().__init__(url)
        self._marker = marker
        self._wait_s = wait_s

    async def put(self, key: str, data: bytes | memoryview, media_type: str | None = None) -> None:
        if key.endswith("thumbnail.jpg"):
            await asyncio.sleep(self._wait_s)
        await super().put(key, data, media_type)
        if key.endswith("thumbnail.jpg"):
            try:
                self._marker.open("x").close()
            except FileExistsError:
                return
            os.kill(os.getpid(), signal.SIGKILL)


class SlowBlobs(Blobs):
    """Takes `wait_s` to store anything; `marker` is there while somebody waits."""

    def __init__(self, url: str, marker: Path, wait_s: float) -> None:
        super().__init__(url)
        self._marker = marker
        self._wait_s = wait_s

    async def put(self, key: str, data: bytes | memoryview, media_type: str | None = None) -> None:
        self._marker.touch()
        await asyncio.sleep(self._wait_s)
        await super().put(key, data, media_type)


class LockedBlobs(Blobs):
    """Takes nothing: its credentials are wrong."""

    async def put(self, key: str, data: bytes | memoryview, media_type: str | None = None) -> None:
        raise DeniedError(key)
