"""The stages of a worker: while one photo is computed, the next is fetched and the last is stored."""

import asyncio
import hashlib
import logging
import time
import zlib
from collections.abc import Awaitable, Callable

from actors.messages.errors import BatchError, SourceError
from actors.messages.records import BatchSpec, Done, Json, Lease, LeaseKey, Outcome, Preview
from actors.sources.fetch import Fetcher
from actors.worker.attachments import Attachments
from actors.worker.compute import Compute
from actors.worker.crumb import Crumb
from actors.worker.retoucher import Retouched, Retoucher, Variant
from actors.worker.work import Lap, Work
from models.codec.capture_time import capture_time
from models.codec.options import EXTENSIONS
from models.errors import PhotoError
from storage.blobs import Blobs
from storage.errors import StorageError, StorageFullError
from storage.keys import attempt_prefix, original_key, result_key, thumbnail_key, variant_key

log = logging.getLogger(__name__)

Find = Callable[[LeaseKey, str, str], Awaitable[Done | None]]
"""Looks for an earlier photo by lease, engine, and the SHA-256 of its bytes."""

FETCHERS = 4  # photos fetched at once, so that one slow host does not delay other photos


class Stages:
    """Three stages joined by short queues; `finished` gets the outcome of every photo that was not revoked."""

    def __init__(
        self,
        *,
        fetcher: Fetcher,
        retoucher: Retoucher,
        blobs: Blobs,
        crumb: Crumb,
        timeout_s: float,
        find: Find,
        finished: Callable[[Outcome], None],
        traced: Callable[[Work, Outcome], None] | None = None,
    ) -> None:
        """`traced`: makes the spans of a photo that is finished, where photos are traced."""
        self._fetcher = fetcher
        self._attachments = Attachments(fetcher, blobs)
        self._retoucher = retoucher
        self._blobs = blobs
        self._timeout_s = timeout_s
        self._find = find
        self._finished = finished
        self._traced = traced
        self._compute = Compute(retoucher, crumb, timeout_s)
        self._side_by_side = retoucher.side_by_side
        self._inbox: asyncio.Queue[Work] = asyncio.Queue()
        self._fetched: asyncio.Queue[Work] = asyncio.Queue(self._side_by_side)
        self._computed: asyncio.Queue[tuple[Work, Retouched]] = asyncio.Queue(1)
        self._held: dict[LeaseKey, Work] = {}

    @property
    def waiting(self) -> int:
        """How many photos are not begun."""
        return sum(not work.begun for work in self._held.values())

    @property
    def alone(self) -> bool:
        """Whether it holds a suspect: no other photo may join it."""
        return any(work.lease.alone for work in self._held.values())

    def held(self) -> list[LeaseKey]:
        """The photos that it holds, at any stage."""
        return list(self._held)

    def take(self, lease: Lease, job: BatchSpec) -> None:
        """Start a photo."""
        work = self._held[lease.key] = Work(lease, job)
        self._inbox.put_nowait(work)

    def revoke(self, task_id: str, *, running: bool) -> list[LeaseKey]:
        """Drop the photos of a batch that are not begun (all of them, with `running`); return their keys."""
        keys = [key for key, work in self._held.items() if key.task_id == task_id and (running or not work.begun)]
        for key in keys:
            del self._held[key]
        return keys

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as stages:
            for _ in range(FETCHERS):
                stages.create_task(self._fetch())
            stages.create_task(self._retouch())
            stages.create_task(self._store())

    async def preview(self, source: str, presets: list[Json], max_side: int) -> list[Preview]:
        """Return small pictures of a photo, one for each preset; computed between two photos.

        Raises SourceError, PhotoError, StorageError.
        """
        data = await self._fetcher.fetch(source)
        jobs = [BatchSpec("preview", "", preset, {}) for preset in presets]
        attached = [await self._attachments.fetch(job, None) for job in jobs]
        return await self._compute.preview(data, presets, attached, max_side)

    async def _fetch(self) -> None:
        while True:
            work = await self._inbox.get()
            if work.lease.key not in self._held:
                continue
            work.begun = True
            started = time.perf_counter()
            try:
                async with asyncio.timeout(self._timeout_s):
                    work.data = await self._fetcher.fetch(work.lease.source)
                    work.attached = await self._attachments.fetch(work.job, work.lease.params)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is this photo's trouble and ends no worker
                work.took("fetch", started)
                self._fail(work, _told(work.lease.key, error, "read from"))
            else:
                work.took("fetch", started)
                if not (work.lease.seen and self._same_mask(work) and await self._reuse(work)):
                    await self._fetched.put(work)

    def _same_mask(self, work: Work) -> bool:
        """Whether a mask of that name is unchanged: an upload never changes, other sources may."""
        mask = work.job.params_of(work.lease.params).get("mask")
        return mask is None or mask.startswith("upload:")

    async def _reuse(self, work: Work) -> bool:
        """Finish a photo with a copy of the earlier result of the same bytes; False if it must be computed."""
        started = time.perf_counter()
        key = work.lease.key
        try:
            async with asyncio.timeout(self._timeout_s):
                sha256 = await asyncio.to_thread(_sha256, work.data)
                done = await self._find(key, self._retoucher.engine, sha256)
                if done is None:
                    return False
                result = await self._copy(work, done)
        except (BatchError, ExceptionGroup, TimeoutError):  # e.g. the other batch is being deleted
            await discard(self._blobs, key)
            return False
        if key not in self._held:
            await discard(self._blobs, key)
            return True
        work.took("store", started)
        engine, notes = self._retoucher.engine, done.notes
        self._done(work, Outcome(key, result, engine=engine, notes=notes, timings_ms=work.timings_ms, reused=True))
        return True

    async def _copy(self, work: Work, done: Done) -> Json:
        """Copy a stored result within the store; this batch owns its copy."""
        key, extension = work.lease.key, _extension(done.result["format"])
        async with asyncio.TaskGroup() as copies:
            made, ours = result_key(*done.key.place, extension), result_key(*key.place, extension)
            copies.create_task(self._blobs.copy(made, ours))
            if done.result["thumbnail"]:
                copies.create_task(self._blobs.copy(thumbnail_key(*done.key.place), thumbnail_key(*key.place)))
            for name, one in done.result.get("also", {}).items():
                kind = _extension(one["format"])
                copies.create_task(
                    self._blobs.copy(variant_key(*done.key.place, name, kind), variant_key(*key.place, name, kind))
                )
            original = self._keep_original(work, copies)
            taken = copies.create_task(self._taken(work))  # a file's time may be another
        return done.result | {"original": original, "taken": taken.result()}

    async def _retouch(self) -> None:
        while True:
            works = [await self._fetched.get()]
            while len(works) < self._side_by_side and not self._fetched.empty():
                works.append(self._fetched.get_nowait())
            for work in [work for work in works if work.lease.analyse and work.lease.key in self._held]:
                await self._analyse(work)
            for group in _groups([work for work in works if not work.lease.analyse]):
                wanted = [work for work in group if work.lease.key in self._held]
                started = time.perf_counter()
                for work, made in zip(wanted, await self._compute.retouch(wanted), strict=True):
                    work.laps.append(Lap.until_now("compute", started))
                    if isinstance(made, Exception):
                        self._fail(work, _told(work.lease.key, made, "read from"))
                    else:
                        work.timings_ms |= made.timings_ms
                        work.laps += made.laps
                        await self._computed.put((work, made))

    async def _analyse(self, work: Work) -> None:
        started = time.perf_counter()
        light = await self._compute.light(work)
        work.took("analyse", started)
        if isinstance(light, Exception):
            self._fail(work, _told(work.lease.key, light, "read from"))
        else:
            self._done(work, Outcome(work.lease.key, light=light, timings_ms=work.timings_ms))

    async def _store(self) -> None:
        while True:
            work, retouched = await self._computed.get()
            if work.lease.key not in self._held:
                continue
            started = time.perf_counter()
            try:
                result = await asyncio.wait_for(self._put(work, retouched), self._timeout_s)
            except Exception as error:  # noqa: BLE001 - see above
                await discard(self._blobs, work.lease.key)
                work.laps.append(Lap.until_now("store", started))
                self._fail(work, _told(work.lease.key, error, "written to"))
                continue
            if work.lease.key not in self._held:  # revoked meanwhile: nobody will request it
                await discard(self._blobs, work.lease.key)
                continue
            work.took("store", started)
            self._done(
                work,
                Outcome(
                    work.lease.key,
                    result=result,
                    engine=self._retoucher.engine,
                    notes=retouched.notes,
                    timings_ms=work.timings_ms,
                ),
            )

    async def _put(self, work: Work, retouched: Retouched) -> Json:
        """Store the result and its thumbnail; durable on return."""
        key = work.lease.key
        async with asyncio.TaskGroup() as puts:  # if one fails, the others are cancelled
            digest = puts.create_task(asyncio.to_thread(_sha256, retouched.data))
            check = puts.create_task(asyncio.to_thread(zlib.crc32, retouched.data))  # for ZIP files
            result, media_type = result_key(*key.place, _extension(retouched.format)), f"image/{retouched.format}"
            puts.create_task(self._blobs.put(result, retouched.data, media_type))
            if retouched.thumbnail:
                puts.create_task(self._blobs.put(thumbnail_key(*key.place), retouched.thumbnail, "image/jpeg"))
            also = {one.name: puts.create_task(self._put_variant(key, one)) for one in retouched.also}
            original = self._keep_original(work, puts)
            taken = puts.create_task(self._taken(work))
        return {
            "width": retouched.width,
            "height": retouched.height,
            "bytes": len(retouched.data),
            "format": retouched.format,
            "sha256": digest.result(),
            "crc32": check.result(),
            "input_sha256": retouched.input_sha256,
            "orientation": retouched.orientation,
            "profile": retouched.profile,
            "jpeg": retouched.jpeg,
            "blocks": retouched.blocks,
            "faces": retouched.faces,
            "thumbnail": retouched.thumbnail is not None,
            "original": original,
            "taken": taken.result(),
            **({"also": {name: put.result() for name, put in also.items()}} if also else {}),
        }

    async def _put_variant(self, key: LeaseKey, variant: Variant) -> Json:
        """Store a further output, and return its record."""
        extension, media_type = _extension(variant.format), f"image/{variant.format}"
        await self._blobs.put(variant_key(*key.place, variant.name, extension), variant.data, media_type)
        return {
            "width": variant.width,
            "height": variant.height,
            "bytes": len(variant.data),
            "format": variant.format,
            "sha256": await asyncio.to_thread(_sha256, variant.data),
            "crc32": await asyncio.to_thread(zlib.crc32, variant.data),
        }

    async def _taken(self, work: Work) -> str | None:
        """Return when the photo was taken, by its EXIF, or when its file was changed last; see `models.codec`."""
        told = await asyncio.to_thread(capture_time, work.data)
        return told or await self._fetcher.changed_at(work.lease.source)

    def _keep_original(self, work: Work, puts: asyncio.TaskGroup) -> bool:
        """Store the original of a photo from the network, which may disappear; an upload or a file stays."""
        keep = not work.lease.source.startswith(("upload:", "file:"))
        if keep:
            puts.create_task(self._blobs.put(original_key(*work.lease.key.place), work.data))
        return keep

    def _fail(self, work: Work, error: Json) -> None:
        outcome = Outcome(work.lease.key, error=error, engine=self._retoucher.engine, timings_ms=work.timings_ms)
        self._done(work, outcome)

    def _done(self, work: Work, outcome: Outcome) -> None:
        if self._held.pop(outcome.key, None):
            self._finished(outcome)
            if self._traced:
                self._traced(work, outcome)


def _groups(works: list[Work]) -> list[list[Work]]:
    """Group the photos: those with holes together; every other one alone, and before them."""
    holes = [work for work in works if work.job.preset.get("type") == "erase"]
    others = [[work] for work in works if work not in holes]
    return [*others, holes] if holes else others


async def discard(blobs: Blobs, key: LeaseKey) -> None:
    """Remove the blobs of an attempt that does not count."""
    try:
        await blobs.delete_prefix(attempt_prefix(*key.place))
    except StorageError as error:  # an orphan only costs room: the sweeper finds it
        log.warning("could not remove the blobs of a late attempt: %s", error, extra=key.named())


def _told(key: LeaseKey, error: Exception, how: str) -> Json:
    """Return the error for the photo's owner; an unexpected one is also logged."""
    if isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, PhotoError | SourceError):
        return {"code": error.code, "message": error.detail, "retryable": error.retryable}
    if isinstance(error, StorageError):
        message = f"The photo could not be {how} the blob store."
        code = error.code if isinstance(error, StorageFullError) else StorageError.code
        return {"code": code, "message": message, "retryable": error.retryable}
    if isinstance(error, TimeoutError):
        return {"code": "timed_out", "message": f"The photo could not be {how} its place in time.", "retryable": True}
    log.error("a photo failed for a reason of our own", exc_info=error, extra=key.named())
    message = "Something went wrong on our side with this photo; please report it."
    return {"code": "internal_error", "message": message, "retryable": False}


def _extension(picture_format: str) -> str:
    return EXTENSIONS[picture_format].removeprefix(".")


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
