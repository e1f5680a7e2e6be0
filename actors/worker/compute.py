"""A worker's compute thread: a crumb names the photos in work, and a watchdog ends the process at the time-out."""

import asyncio
import faulthandler
import logging
import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from actors.messages.records import Json, LeaseKey, Preview
from actors.worker.attachments import Attached
from actors.worker.crumb import Crumb
from actors.worker.retoucher import Retouched, Retoucher
from actors.worker.work import Work
from models.erase.filling import SideBySide
from models.errors import DeviceLostError

log = logging.getLogger(__name__)

PREVIEW_S = 60.0  # a preview that takes longer ends the worker
LEAST_S = 1.0  # least time for a step, even if its photo has used up its time


class Compute:
    """Runs the retoucher, one call at a time."""

    def __init__(self, retoucher: Retoucher, crumb: Crumb, timeout_s: float) -> None:
        self._retoucher = retoucher
        self._crumb = crumb
        self._timeout_s = timeout_s
        self._thread = ThreadPoolExecutor(1, "compute")

    async def retouch(self, works: Sequence[Work]) -> list[Retouched | Exception]:
        """Return the outcome of each photo; several with holes to fill are computed side by side."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._side_by_side, works)

    async def light(self, work: Work) -> Json | Exception:
        """Return the light of a photo, or what is wrong with it."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._light, work)

    async def preview(self, data: bytes, presets: list[Json], attached: list[Attached], max_side: int) -> list[Preview]:
        """See `Retoucher.preview`; runs between two photos."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._previewed, data, presets, attached, max_side)

    def _light(self, work: Work) -> Json | Exception:
        with self._guarded([work.lease.key], self._timeout_s - work.timings_ms["fetch"] / 1000):
            try:
                return self._retoucher.light(work.data)
            except Exception as error:  # noqa: BLE001 - it is this photo's trouble, and is told as such
                return error

    def _previewed(self, data: bytes, presets: list[Json], attached: list[Attached], max_side: int) -> list[Preview]:
        with self._guarded([], PREVIEW_S):  # computing, but no photo is a suspect
            return self._retoucher.preview(data, presets, attached, max_side)

    def _side_by_side(self, works: Sequence[Work]) -> list[Retouched | Exception]:
        # The time of its fetch counts; the time spent waiting for other photos does not.
        left = [self._timeout_s - work.timings_ms["fetch"] / 1000 for work in works]
        begun = [self._retoucher.begin(work.data, work.job, work.lease.params, work.attached) for work in works]

        @contextmanager
        def guard(places: Sequence[int]) -> Iterator[None]:
            begun_at = time.monotonic()
            with self._guarded([works[place].lease.key for place in places], min(left[place] for place in places)):
                yield
            for place in places:
                left[place] -= time.monotonic() - begun_at

        return SideBySide(begun, guard).run()

    @contextmanager
    def _guarded(self, keys: Sequence[LeaseKey], left: float) -> Iterator[None]:
        left = max(LEAST_S, left)
        deadline = time.time() + left
        self._crumb.drop(keys, deadline)
        faulthandler.dump_traceback_later(left, exit=True)
        try:
            yield
        except DeviceLostError:
            self._crumb.device_lost(keys, deadline)
            log.critical("the GPU is lost: this worker ends; photos that it was computing are suspects", exc_info=True)
            os._exit(1)  # the crumb stays; nothing would work in this process any more
        finally:
            faulthandler.cancel_dump_traceback_later()
            self._crumb.wipe()
