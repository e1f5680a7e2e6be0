"""A blob store whose process dies right after an attempt was stored: the worst moment, before it was reported."""

import asyncio
import os
import signal
from pathlib import Path

from storage.blobs import Blobs


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
