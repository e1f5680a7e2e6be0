"""A submit from request to batch: read, checked, and accepted exactly once."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Any

from fastapi import Request

from actors.messages.errors import BatchError
from actors.messages.ids import new_id
from actors.messages.records import BatchSpec, PhotoSpec
from actors.sources.fetch import Roots
from deployments.gate.access import ANONYMOUS, on_behalf
from deployments.intake.bodies import BodyReader, Draft
from deployments.intake.looks import Looks
from deployments.intake.named_photos import NamedPhotos
from deployments.intake.request_digest import digest_of
from deployments.intake.sources import check_source
from deployments.intake.submit_fields import metadata_too_large
from deployments.intake.uploads import Uploads
from deployments.services import Services
from deployments.wire import wire
from deployments.wire.names import check_template
from deployments.wire.problems import ApiError
from models.errors import PhotoError
from models.mark_image import read_mark
from photobatch.schemas import MAX_METADATA_BYTES, SubmitRequest, Watermark
from photobatch.schemas.watermark import PREFIX, png_of
from presets.catalogue import Preset, ResolvedPreset, resolve
from presets.errors import PresetError

_RELEASE_S = 2.0
_RENEW_S = 3.0


class Submissions:
    """Accepts batches."""

    def __init__(self, services: Services, uploads: Uploads, looks: Looks) -> None:
        self._services = services
        self._looks = looks
        self._bodies = BodyReader(uploads, services.max_photos)
        self._photos = NamedPhotos(services, uploads, looks)

    async def accept(self, request: Request, caller: str | None) -> dict[str, Any]:
        """Return the batch that a request makes, or made before; if it is refused, nothing of it is left.

        `caller` is the user of the API key, who owns the batch and its files and may name only their own uploads.
        Raises ApiError, PresetError, BatchError, StorageError.
        """
        task_id = new_id("b")
        key = _idempotency_key(request)
        async with (
            self._claimed(key, task_id, caller),
            self._bodies.read(request, SubmitRequest, task_id, caller or ANONYMOUS) as draft,
        ):
            try:
                spec, photos = await self._plan(task_id, key, draft, caller)
                spec = replace(spec, traceparent=request.scope.get(wire.TRACEPARENT))
            except BaseException:
                await draft.drop()
                raise
            # Run to the end even if the client leaves: half-way through the files belong to nobody.
            return await asyncio.shield(self._hand_in(spec, photos, draft))

    @asynccontextmanager
    async def _claimed(self, key: str | None, task_id: str, caller: str | None) -> AsyncIterator[None]:
        """Hold an idempotency key while its request is read, so that a concurrent second one is told to wait."""
        if key is None:
            yield
            return
        await self._services.coordinator.reserve(key, task_id, caller)
        renewing = asyncio.ensure_future(self._renew(key, task_id, caller))
        try:
            yield
        finally:
            renewing.cancel()
            await asyncio.shield(self._release(key, caller))

    async def _renew(self, key: str, task_id: str, caller: str | None) -> None:
        """Renew the claim for as long as the request lasts; if this process dies, the claim ends soon."""
        while True:
            await asyncio.sleep(_RENEW_S)
            with suppress(BatchError):
                await self._services.coordinator.reserve(key, task_id, caller)

    async def _release(self, key: str, caller: str | None) -> None:
        try:
            async with asyncio.timeout(_RELEASE_S):
                await self._services.coordinator.release(key, caller)
        except (BatchError, TimeoutError):  # a dead coordinator has forgotten the claim
            return

    async def _hand_in(self, spec: BatchSpec, photos: list[PhotoSpec], draft: Draft[SubmitRequest]) -> dict[str, Any]:
        view = await draft.handed_in(self._services.coordinator.submit(spec, photos))
        if view["task_id"] != spec.task_id:  # the batch of an earlier request with this key, with its own files
            await draft.drop()
        return view

    async def _plan(
        self, task_id: str, key: str | None, draft: Draft[SubmitRequest], caller: str | None
    ) -> tuple[BatchSpec, list[PhotoSpec]]:
        request = draft.request
        request.user_id = on_behalf(caller, request.user_id) or ANONYMOUS
        photos = len(request.image_urls) + len(request.photos) + len(draft.files)
        self._photos.check_count(photos)
        if photos == 0 and not request.open:
            raise ApiError("no_photos", "A batch needs at least one photo: name image_urls, photos or files.")
        digest = await asyncio.to_thread(digest_of, draft) if key else None
        preset = await self._chosen(request)
        specs, preset = await self._photos.take(request, draft.files, preset, caller, request.user_id)
        spec = BatchSpec(
            task_id=task_id,
            user_id=request.user_id,
            preset=wire.preset_record(self._looks.with_models(preset)),
            output=request.output.model_dump(),
            priority=request.priority,
            metadata=request.metadata,
            callback_url=request.callback_url,
            idempotency_key=key,
            digest=digest,
            name=request.name,
            open=request.open,
            consistency=_consistency(request, preset.type),
        )
        return spec, specs

    async def check(self, body: Request, caller: str | None) -> tuple[SubmitRequest, ResolvedPreset]:
        """Return a submit that may come, and its preset; raises what that would, before its photos are sent."""
        request = await self._bodies.read_json(body, SubmitRequest)
        request.user_id = on_behalf(caller, request.user_id) or ANONYMOUS
        self._photos.check_count(len(request.image_urls) + len(request.photos))
        preset = await self._chosen(request)
        await self._photos.check(request, preset, request.user_id)
        return request, preset

    async def _chosen(self, request: SubmitRequest) -> ResolvedPreset:
        """Check the fields beside the photos, pin the LUT, and return the preset with its parameters."""
        _check_fields(request, self._services.callbacks)
        await _check_mark(request.output.watermark)
        chosen = await self._looks.choose(request.user_id, request.preset_id)
        request.preset_params = await self._looks.pinned(request.user_id, request.preset_params)
        return _resolve(chosen, request, request.preset_params, "preset_params")


def _consistency(request: SubmitRequest, preset_type: str) -> float | None:
    if request.consistency == "none":
        return None
    if preset_type == "erase":
        detail = "Presets of the type erase change no light; leave consistency out."
        raise ApiError("invalid_request", detail, "consistency")
    return request.consistency_strength


def _resolve(chosen: Preset | None, request: SubmitRequest, params: dict[str, Any], where: str) -> ResolvedPreset:
    try:
        return resolve(chosen, request.preset_type, params)
    except PresetError as error:
        if error.field is None or error.field in SubmitRequest.model_fields:
            raise
        raise PresetError(error.code, error.detail, f"{where}.{error.field}") from None


def _check_fields(request: SubmitRequest, callbacks: bool) -> None:
    check_template(request.output.name)
    if len(json.dumps(request.metadata, ensure_ascii=False).encode()) > MAX_METADATA_BYTES:
        raise metadata_too_large()
    _check_callback(request.callback_url, callbacks)


async def _check_mark(mark: Watermark | None) -> None:
    """Read the image of a mark, so that no batch begins whose photos would all fail."""
    if mark is None or mark.image is None:
        return
    field = "output.watermark.image"
    if not mark.image.startswith(PREFIX):  # from an answer
        raise ApiError("invalid_request", f"{field} must be the PNG itself.", field)
    try:
        await asyncio.to_thread(read_mark, png_of(mark.image))
    except PhotoError:
        raise ApiError("invalid_request", f"{field} is a damaged PNG; write it anew.", field) from None


def _check_callback(url: str | None, possible: bool) -> None:
    if url is None:
        return
    if not possible:  # better than accepting it and never calling
        detail = "This service makes no callbacks (BATCH_CALLBACK_SECRET is not set); leave callback_url out."
        raise ApiError("invalid_request", detail, "callback_url")
    if not url.startswith(("http://", "https://")):
        raise ApiError("invalid_request", "callback_url must start with https:// or http://.", "callback_url")
    check_source(url, "callback_url", Roots())


def _idempotency_key(request: Request) -> str | None:
    key = request.headers.get("idempotency-key")
    if key is not None and not (1 <= len(key) <= 255 and all(33 <= ord(char) <= 126 for char in key)):
        detail = "Idempotency-Key takes 1 to 255 visible ASCII characters without blanks; a UUID is good."
        raise ApiError("invalid_request", detail, "Idempotency-Key")
    return key
