"""The asyncio client of a service."""

import asyncio
import json
import os
import sys
import uuid
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import httpx
from pydantic import ValidationError

from photobatch.address import Address
from photobatch.appending import Appender
from photobatch.batch import AsyncBatch
from photobatch.connection import Connection, as_json
from photobatch.errors import InvalidRequestError, PhotoBatchError, of_validation
from photobatch.looks import AsyncLuts, AsyncPresets
from photobatch.parallel import OnProgress
from photobatch.photos import Given, PhotoLike, photos_of
from photobatch.schemas import (
    Batch,
    BatchList,
    BatchStatus,
    Checked,
    Health,
    OutputOptions,
    PhotoInput,
    Stats,
    SubmitRequest,
    Submitted,
    Upload,
)
from photobatch.uploads import Refused, none_left, upload, upload_all

PresetType = Literal["beauty", "filter", "color", "erase"]
_PAGE = 100

_NOT_SENT = "upload:not-sent"  # stands for photos while their parameters are checked
_NO_SUCH_ROUTE = frozenset({"not_found", "http_404"})  # of an earlier service


class AsyncPhotoBatch:
    """The client of a photobatch service. Use it with `async with`, or call `aclose`; it belongs to one event loop.

    `url` and `api_key` default to PHOTOBATCH_URL (or this machine's port 8001) and PHOTOBATCH_API_KEY. `uploads` files
    are sent at once. If the service is unreachable or busy, requests are retried `max_retries` times, with growing
    waits: 12 retries take about a minute. A service that is silent for `timeout` seconds is unreachable. `http_client`
    sends the requests, for proxies, certificates and the like; it gets no key of its own, and is not closed here. All
    methods raise PhotoBatchError and its subclasses.
    """

    def __init__(
        self,
        url: str | None = None,
        api_key: str | None = None,
        *,
        uploads: int = 4,
        timeout: float = 60.0,
        max_retries: int = 12,
        http_client: httpx.AsyncClient | None = None,
    ) -> None:
        if uploads < 1:
            raise InvalidRequestError("invalid_request", "uploads must be 1 at least.", field="uploads")
        self._connection = Connection(Address.find(url, api_key), timeout, max_retries, http_client)
        self._uploads = uploads
        self.presets = AsyncPresets(self._connection)
        self.luts = AsyncLuts(self._connection)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._connection.address.url!r})"

    async def submit(
        self,
        photos: PhotoLike | Iterable[PhotoLike],
        *,
        preset: str | None = None,
        preset_type: PresetType | None = None,
        params: Mapping[str, Any] | None = None,
        output: OutputOptions | Mapping[str, Any] | None = None,
        name: str | None = None,
        batch_name: str | None = None,
        priority: int = 5,
        metadata: Mapping[str, str] | None = None,
        callback_url: str | None = None,
        user_id: str | None = None,
        recursive: bool = False,
        open: bool = False,
        overlap: bool = False,
        consistency: Literal["none", "shoot"] = "none",
        consistency_strength: float = 1.0,
        idempotency_key: str | None = None,
        on_progress: OnProgress | None = None,
    ) -> AsyncBatch:
        """Submit a batch and return it as soon as the service has accepted it; files are uploaded first.

        `photos`: files, folders (with `recursive` their subfolders too), URLs (`https://`, `s3://`, `upload:…`, and
        `file:///` for files of the server), or `PhotoInput` for a photo with its own parameters. `preset` is an id,
        `params` override its parameters, `name` is a template of result names (`{stem}-{preset}.{ext}`).
        With `overlap` the first photos are worked on while the last ones are uploaded, unless a prefix (`s3://b/x/`) is
        among them; if anything is raised then, the batch is deleted. An `open` batch takes more photos by `append`
        until `close`; `photos` may be empty then.
        With `consistency="shoot"` exposure and white balance are matched over the photos before the look, as far as
        `consistency_strength` (0..1) says. `batch:…` (`source` of a batch) names the photos of an earlier batch.
        A file that is not a photo does not stop the others: it is in the batch's `refused`.
        `on_progress(done, total)` is called for every photo that is ready to be submitted.
        To repeat a call after a crash, give both calls the same `idempotency_key` and the same `upload:…` sources.
        Raises InvalidRequestError (before anything is sent, if possible), QueueFullError,
        NotFoundError (`unknown_preset`).
        """
        given = await asyncio.to_thread(photos_of, photos, recursive=recursive, may_be_empty=open)
        # While a prefix is listed, nobody can say how many photos the batch has before the next ones.
        overlap = overlap and not any(isinstance(one.source, str) and one.source.endswith("/") for one in given)
        request = _request(
            preset_id=preset,
            preset_type=preset_type,
            preset_params=dict(params or {}),
            output=_output(output, name),
            priority=priority,
            metadata=dict(metadata or {}),
            callback_url=callback_url,
            **({} if user_id is None else {"user_id": user_id}),
            **({} if batch_name is None else {"name": batch_name}),
            **({"open": True} if open or overlap else {}),
            **_matched(consistency, consistency_strength),
        )
        if any(isinstance(photo.source, Path) for photo in given):
            await self._check(request, given)  # report what is wrong before ten thousand uploads, not after
        key = idempotency_key or str(uuid.uuid4())
        if overlap:
            task_id = await self._hand_in(request, key)
            refused = await self._fill(task_id, given, on_progress, stay_open=open)
        else:
            sources, refused = await upload_all(self._connection, given, self._uploads, on_progress)
            if refused and not sources:
                raise none_left(refused)
            _name(request, sources)
            task_id = await self._hand_in(request, key)
        folders = {photo.source.parent for photo in given if isinstance(photo.source, Path)}
        return AsyncBatch(self._connection, task_id, refused, folders)

    async def _hand_in(self, request: SubmitRequest, key: str) -> str:
        headers, body = {"Idempotency-Key": key}, as_json(request, exclude_unset=True)
        return (await self._connection.ask(Submitted, "POST", "/batch/submit", json=body, headers=headers)).task_id

    async def _fill(
        self, task_id: str, given: Sequence[Given], on_progress: OnProgress | None, *, stay_open: bool
    ) -> list[Refused]:
        """Upload and append the photos of an open batch; nothing of it is left if that fails."""
        batch, appender = AsyncBatch(self._connection, task_id), Appender(self._connection, task_id)
        try:
            sources, refused = await upload_all(
                self._connection, given, self._uploads, on_progress, on_each=appender.take
            )
            if refused and not sources:
                raise none_left(refused)
            if not stay_open:
                await batch.close()
        except BaseException:
            with suppress(PhotoBatchError):
                await asyncio.shield(batch.delete())
            raise
        return refused

    async def check(
        self,
        *,
        preset: str | None = None,
        preset_type: PresetType | None = None,
        params: Mapping[str, Any] | None = None,
        output: OutputOptions | Mapping[str, Any] | None = None,
        name: str | None = None,
        photos: int = 1,
    ) -> Checked | None:
        """Check what a submit of so many photos would be given; nothing is sent but that.

        Returns the resolved preset, None from a service of an earlier version. Raises as `submit` does.
        """
        fields = {"preset_id": preset, "preset_type": preset_type, "preset_params": dict(params or {})}
        return await self._check(_request(**fields, output=_output(output, name)), [Given(_NOT_SENT)] * photos)

    async def _check(self, request: SubmitRequest, given: Sequence[Given]) -> Checked | None:
        """Let the service check a submit of these photos; each kind of own parameters is named by one of them."""
        kinds = {json.dumps(photo.params, sort_keys=True, default=str): photo.params for photo in given}
        asked = request.model_copy()
        _name(asked, [PhotoInput(source=_NOT_SENT, params=params) for params in kinds.values()])
        try:
            body = as_json(asked, exclude_unset=True)
            checked = await self._connection.ask(Checked, "POST", "/batch/check", json=body)
        except PhotoBatchError as error:
            if error.status != httpx.codes.METHOD_NOT_ALLOWED and error.code not in _NO_SUCH_ROUTE:
                raise
            if request.preset_id is not None:
                await self.presets.get(request.preset_id)
            return None
        if len(given) > checked.max_photos:
            said = (
                f"{len(given)} photos are more than one batch may hold ({checked.max_photos}); split them into several."
            )
            raise InvalidRequestError("too_many_photos", said)
        return checked

    async def upload(self, path: str | os.PathLike[str]) -> Upload:
        """Upload one file; batches, masks and previews name it by its `source`."""
        return await upload(self._connection, Path(path))

    def batch(self, task_id: str) -> AsyncBatch:
        """Return the handle of a batch, without a request to the service."""
        if not (task_id.isascii() and task_id.isalnum()):
            raise InvalidRequestError("invalid_request", f"{task_id!r} is no id of a batch.", field="task_id")
        return AsyncBatch(self._connection, task_id)

    async def batches(
        self, *, status: BatchStatus | str | None = None, user_id: str | None = None, limit: int | None = None
    ) -> AsyncGenerator[Batch, None]:
        """Yield the state of each batch, newest first, at most `limit`; with API keys only your own."""
        cursor, left = None, sys.maxsize if limit is None else limit
        while left > 0:
            shown = status and BatchStatus(status).value
            params = {"status": shown, "user_id": user_id, "limit": min(left, _PAGE), "cursor": cursor}
            page = await self._connection.ask(BatchList, "GET", "/batch", params=params)
            for batch in page.items:
                yield batch
            left -= len(page.items)
            cursor = page.next_cursor
            if cursor is None:
                return

    async def stats(self) -> Stats:
        """Return statistics of the service."""
        return await self._connection.ask(Stats, "GET", "/batch/stats")

    async def health(self) -> Health:
        """Return whether a submit would be processed now; if not, `reason` says why, and nothing is raised."""
        return await self._connection.ask(Health, "GET", "/health", accept=frozenset({503}))

    async def aclose(self) -> None:
        """Close the connections to the service."""
        await self._connection.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


def _request(**fields: Any) -> SubmitRequest:
    try:
        return SubmitRequest(**fields)
    except ValidationError as error:
        raise of_validation(error) from None


def _output(output: OutputOptions | Mapping[str, Any] | None, name: str | None) -> dict[str, Any]:
    chosen = output.model_dump(exclude_unset=True) if isinstance(output, OutputOptions) else dict(output or {})
    return chosen if name is None else chosen | {"name": name}


def _matched(consistency: str, strength: float) -> dict[str, Any]:
    return {} if consistency == "none" else {"consistency": consistency, "consistency_strength": strength}


def _name(request: SubmitRequest, sources: Sequence[PhotoInput]) -> None:
    """Return the fields that name the photos, with parameters only if some photos have their own."""
    if any(photo.params for photo in sources):
        request.photos = list(sources)
    else:
        request.image_urls = [photo.source for photo in sources]
