"""A submit from request to batch: read, checked, and accepted exactly once."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any

from fastapi import Request

from actors.messages.errors import BatchError
from actors.messages.ids import new_id
from actors.messages.records import BatchSpec, PhotoSpec
from actors.sources.fetch import Roots
from deployments.gate.access import ANONYMOUS, on_behalf
from deployments.intake.bodies import BodyReader, Draft
from deployments.intake.looks import Looks
from deployments.intake.request_digest import digest_of
from deployments.intake.sources import check_mask, check_source, hidden, hidden_mask, uploads_among
from deployments.intake.submit_fields import metadata_too_large
from deployments.intake.uploads import Upload, Uploads
from deployments.services import Services
from deployments.wire import wire
from deployments.wire.names import check_template, safe_name
from deployments.wire.problems import ApiError
from photobatch.schemas import MAX_METADATA_BYTES, SubmitRequest
from presets.catalogue import Preset, ResolvedPreset, resolve
from presets.errors import PresetError
from presets.params import check_complete

_PERHAPS = {"unavailable", "journal_unavailable", "journal_behind"}
_RELEASE_S = 2.0
_RENEW_S = 3.0


@dataclass(slots=True)
class _Named:
    """A photo of a request; not a pydantic model, because there may be a hundred thousand."""

    source: str
    params: dict[str, Any]


class Submissions:
    """Accepts batches."""

    def __init__(self, services: Services, uploads: Uploads, looks: Looks) -> None:
        self._services = services
        self._looks = looks
        self._uploads = uploads
        self._bodies = BodyReader(uploads, services.max_photos)

    async def accept(self, request: Request, caller: str | None) -> dict[str, Any]:
        """Return the batch that a request makes, or made before; if it is refused, nothing of it is left.

        `caller` is the user of the API key, who owns the batch and its files and may name only their own uploads.
        Raises ApiError, PresetError, BatchError, StorageError.
        """
        task_id = new_id("b")
        key = _idempotency_key(request)
        async with (
            self._claimed(key, task_id, caller),
            self._bodies.read(request, task_id, caller or ANONYMOUS) as draft,
        ):
            try:
                spec, photos = await self._plan(task_id, key, draft, caller)
                spec = replace(spec, traceparent=request.scope.get(wire.TRACEPARENT))
            except BaseException:
                await self._drop(draft)
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

    async def _hand_in(self, spec: BatchSpec, photos: list[PhotoSpec], draft: Draft) -> dict[str, Any]:
        try:
            view = await self._services.coordinator.submit(spec, photos)
        except BatchError as error:
            if error.code not in _PERHAPS:  # otherwise it may have been accepted; unused uploads expire
                await self._drop(draft)
            raise
        if view["task_id"] != spec.task_id:  # the batch of an earlier request with this key, with its own files
            await self._drop(draft)
        return view

    async def _drop(self, draft: Draft) -> None:
        await self._uploads.drop(upload.id for upload in draft.files)

    async def _plan(
        self, task_id: str, key: str | None, draft: Draft, caller: str | None
    ) -> tuple[BatchSpec, list[PhotoSpec]]:
        request = draft.request
        request.user_id = on_behalf(caller, request.user_id) or ANONYMOUS
        self._check_count(len(request.image_urls) + len(request.photos) + len(draft.files))
        digest = await asyncio.to_thread(digest_of, draft) if key else None
        named = await asyncio.to_thread(_named, request)
        preset = await self._checked(request, named, plain=bool(request.image_urls or draft.files))
        uploads, preset = await self._own_uploads(caller, named, preset)
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
        )
        photos = await asyncio.to_thread(_specs, named, uploads)
        return spec, photos + [PhotoSpec(file.source, file.name) for file in draft.files]

    async def check(self, request: SubmitRequest, caller: str | None) -> ResolvedPreset:
        """Return the preset of a submit that may come; raises what that would, before its photos are sent."""
        request.user_id = on_behalf(caller, request.user_id) or ANONYMOUS
        named = await asyncio.to_thread(_named, request)
        return await self._checked(request, named, plain=bool(request.image_urls or not request.photos))

    async def _checked(self, request: SubmitRequest, named: list[_Named], *, plain: bool) -> ResolvedPreset:
        """Check every field, pin LUTs, and return the preset; `plain`: there are photos without own parameters."""
        _check_fields(request, self._services.callbacks)
        chosen = await self._looks.choose(request.user_id, request.preset_id)
        request.preset_params = await self._looks.pinned(request.user_id, request.preset_params)
        await self._pin(request.user_id, named)
        preset = _resolve(chosen, request, request.preset_params, "preset_params")
        check_mask(preset.params, "preset_params", self._services.roots)
        if plain:
            check_complete(preset.type, preset.params)
        await asyncio.to_thread(self._check_photos, request, named, chosen, preset)
        return preset

    async def _own_uploads(
        self, caller: str | None, photos: list[_Named], preset: ResolvedPreset
    ) -> tuple[dict[str, Upload], ResolvedPreset]:
        """Return the uploads named as photos; with API keys, uploads of other users are hidden from the batch.

        Naming another user's upload must have no effect: its bytes are not shown, and deleting the batch does not
        delete it.
        """
        sources = uploads_among(photo.source for photo in photos)
        if caller is None:
            return await self._uploads.known(sources), preset
        sources |= uploads_among(params.get("mask") for params in [preset.params, *(photo.params for photo in photos)])
        own, strange = await self._uploads.strange(sources, caller)
        if strange:
            await asyncio.to_thread(_hide, photos, strange)
        return own, replace(preset, params=hidden_mask(preset.params, strange))

    def _check_count(self, photos: int) -> None:
        limit = self._services.max_photos
        if photos > limit:
            detail = f"{photos} photos are more than one batch may hold ({limit}); split them into several."
            raise ApiError("too_many_photos", detail)
        if photos == 0:
            raise ApiError("no_photos", "A batch needs at least one photo: name image_urls, photos or files.")

    async def _pin(self, user: str, photos: list[_Named]) -> None:
        """Pin the LUTs of photos by SHA-256."""
        named = {photo.params["lut"] for photo in photos if isinstance(photo.params.get("lut"), str)}
        known = {name: (await self._looks.pinned(user, {"lut": name}))["lut"] for name in sorted(named)}
        for photo in photos:
            if isinstance(name := photo.params.get("lut"), str):
                photo.params["lut"] = known[name]

    def _check_photos(
        self, request: SubmitRequest, photos: list[_Named], chosen: Preset | None, preset: ResolvedPreset
    ) -> None:
        urls = len(request.image_urls)
        known: set[bytes] = set()  # digests only: the values together may be as large as the request
        for place, photo in enumerate(photos):
            field = f"image_urls[{place}]" if place < urls else f"photos[{place - urls}].source"
            check_source(photo.source, field, self._services.roots, prefixes=True)
            if place < urls:  # without parameters of its own
                continue
            params = hashlib.sha256(json.dumps(photo.params, sort_keys=True).encode()).digest()
            if params not in known:
                known.add(params)
                self._check_params(request, photo.params, chosen, preset, f"photos[{place - urls}].params")

    def _check_params(
        self,
        request: SubmitRequest,
        params: dict[str, Any],
        chosen: Preset | None,
        preset: ResolvedPreset,
        where: str,
    ) -> None:
        if params:
            preset = _resolve(chosen, request, {**request.preset_params, **params}, where)
            check_mask(preset.params, where, self._services.roots)
        try:
            check_complete(preset.type, preset.params)
        except PresetError as error:
            raise PresetError(error.code, error.detail, where) from None


def _named(request: SubmitRequest) -> list[_Named]:
    urls = [_Named(url, {}) for url in request.image_urls]
    return urls + [_Named(photo.source, photo.params) for photo in request.photos]


def _hide(photos: list[_Named], strange: set[str]) -> None:
    for photo in photos:
        photo.source = hidden(photo.source, strange)
        photo.params = hidden_mask(photo.params, strange)


def _specs(photos: list[_Named], uploads: dict[str, Upload]) -> list[PhotoSpec]:
    return [PhotoSpec(photo.source, _name(photo.source, uploads), photo.params or None) for photo in photos]


def _name(source: str, uploads: dict[str, Upload]) -> str:
    """Return the name of a photo: its upload's file name, or from its address."""
    return uploads[source].name if source in uploads else safe_name(wire.name_of(source))


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
