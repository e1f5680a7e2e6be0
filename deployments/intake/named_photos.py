"""The photos that a request names: checked, and as the coordinator takes them."""

import asyncio
import hashlib
import json
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from actors.messages.errors import BatchError
from actors.messages.records import PhotoSpec
from deployments.intake.looks import Looks
from deployments.intake.sources import check_mask, check_source, hidden, hidden_mask, uploads_among
from deployments.intake.uploads import Upload, Uploads
from deployments.services import Services
from deployments.wire import wire
from deployments.wire.names import safe_name
from deployments.wire.problems import ApiError
from photobatch.schemas import AppendRequest, SubmitRequest
from presets.catalogue import ResolvedPreset, resolve
from presets.errors import PresetError
from presets.params import check_complete

_PAGE = 500  # photos of one request to the coordinator
_OF_BATCH = re.compile(r"batch:(b[0-9a-hjkmnp-tv-z]{30})(?:/([0-9]{1,9}))?")


@dataclass(slots=True)
class _Named:
    """A photo of a request; not a pydantic model, because there may be a hundred thousand."""

    source: str
    params: dict[str, Any]
    name: str | None = None  # where it is known already


class NamedPhotos:
    """Turns the photos that requests name into those that a batch has."""

    def __init__(self, services: Services, uploads: Uploads, looks: Looks) -> None:
        self._services = services
        self._uploads = uploads
        self._looks = looks

    async def take(
        self,
        request: SubmitRequest | AppendRequest,
        files: Sequence[Upload],
        preset: ResolvedPreset,
        caller: str | None,
        user: str,
    ) -> tuple[list[PhotoSpec], ResolvedPreset]:
        """Return the photos in their order, the files last, and the preset as this caller may use it.

        `caller` is the user of the API key, `user` the batch's owner. Raises ApiError, PresetError, BatchError.
        """
        self.check_count(len(request.image_urls) + len(request.photos) + len(files))
        named = await self._checked(request, preset, user, plain=bool(request.image_urls or files))
        known, preset = await self._own_uploads(caller, named, preset)
        if any(photo.source.startswith("batch:") for photo in named):
            named = [photo async for photo in self._of_batches(named, caller)]
            self.check_count(len(named) + len(files))
        photos = await asyncio.to_thread(_specs, named, known)
        return photos + [PhotoSpec(file.source, file.name) for file in files], preset

    async def check(self, request: SubmitRequest, preset: ResolvedPreset, user: str) -> None:
        """Raise what `take` would for these photos; a request without photos counts as one that will have some."""
        await self._checked(request, preset, user, plain=bool(request.image_urls or not request.photos))

    async def _checked(
        self, request: SubmitRequest | AppendRequest, preset: ResolvedPreset, user: str, *, plain: bool
    ) -> list[_Named]:
        """Return the named photos, checked; `plain`: there are photos without parameters of their own."""
        named = await asyncio.to_thread(_named, request)
        await self._pin(user, named)
        check_mask(preset.params, "preset_params", self._services.roots)
        if plain:
            check_complete(preset.type, preset.params)
        await asyncio.to_thread(self._check, len(request.image_urls), named, preset)
        return named

    async def own_params(
        self, params: dict[str, Any], preset: ResolvedPreset, caller: str | None, user: str
    ) -> dict[str, Any] | None:
        """Return parameters of one photo as its batch keeps them; raises as `take`."""
        photo = _Named("", params)
        await self._pin(user, [photo])
        self._check_params(photo.params, preset, "preset_params")
        await self._own_uploads(caller, [photo], preset)
        return photo.params or None

    def check_count(self, photos: int) -> None:
        """Raise ApiError `too_many_photos`."""
        limit = self._services.max_photos
        if photos > limit:
            detail = f"{photos} photos are more than one batch may hold ({limit}); split them into several."
            raise ApiError("too_many_photos", detail)

    async def _pin(self, user: str, photos: list[_Named]) -> None:
        """Pin the LUTs of photos by SHA-256."""
        named = {photo.params["lut"] for photo in photos if isinstance(photo.params.get("lut"), str)}
        known = {name: (await self._looks.pinned(user, {"lut": name}))["lut"] for name in sorted(named)}
        for photo in photos:
            if isinstance(name := photo.params.get("lut"), str):
                photo.params["lut"] = known[name]

    def _check(self, urls: int, photos: list[_Named], preset: ResolvedPreset) -> None:
        known: set[bytes] = set()  # digests only: the values together may be as large as the request
        for place, photo in enumerate(photos):
            field = f"image_urls[{place}]" if place < urls else f"photos[{place - urls}].source"
            if photo.source.startswith("batch:"):
                _check_of_batch(photo.source, field)
            else:
                check_source(photo.source, field, self._services.roots, prefixes=True)
            if place < urls:  # without parameters of its own
                continue
            params = hashlib.sha256(json.dumps(photo.params, sort_keys=True).encode()).digest()
            if params not in known:
                known.add(params)
                self._check_params(photo.params, preset, f"photos[{place - urls}].params")

    def _check_params(self, params: dict[str, Any], preset: ResolvedPreset, where: str) -> None:
        if params:
            preset = overridden(preset, params, where)
            check_mask(preset.params, where, self._services.roots)
        try:
            check_complete(preset.type, preset.params)
        except PresetError as error:
            raise PresetError(error.code, error.detail, where) from None

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

    async def _of_batches(self, named: list[_Named], caller: str | None) -> AsyncIterator[_Named]:
        """Yield the photos, with those of batches in the place of the sources that name them."""
        known: dict[str, list[dict[str, Any]]] = {}
        for photo in named:
            found = _OF_BATCH.fullmatch(photo.source)
            if found is None:
                yield photo
                continue
            task_id, index = found[1], found[2]
            if task_id not in known:
                known[task_id] = await self._photos_of(task_id, caller)
            try:
                chosen = known[task_id] if index is None else [known[task_id][int(index)]]
            except IndexError:
                detail = f"{task_id} has no photo {index}; it has {len(known[task_id])}, from 0 on."
                raise ApiError("invalid_source", detail, "image_urls") from None
            for each in chosen:
                yield _Named(each["source"], photo.params, each["name"])

    async def _photos_of(self, task_id: str, caller: str | None) -> list[dict[str, Any]]:
        """Return the photos of a batch of the caller's; without API keys every batch is everybody's."""
        coordinator = self._services.coordinator
        try:
            if caller is not None and (await coordinator.get(task_id))["user_id"] != caller:
                raise BatchError("not_found", "")
            photos: list[dict[str, Any]] = []
            cursor: str | None = None
            while True:
                page = await coordinator.photos(task_id, None, _PAGE, cursor)
                photos += ({"source": view["source"], "name": view["name"]} for view in page["items"])
                cursor = page["next_cursor"]
                if cursor is None:
                    return photos
        except BatchError as error:
            if error.code != "not_found":
                raise
            detail = f"There is no batch {task_id} whose photos could be named; it may have been deleted."
            raise ApiError("invalid_source", detail, "image_urls") from None


def overridden(preset: ResolvedPreset, params: dict[str, Any], where: str) -> ResolvedPreset:
    """Return a preset with some parameters replaced; raises PresetError, whose field begins with `where`."""
    try:
        other = resolve(None, preset.type, {**preset.params, **params})
    except PresetError as error:
        raise PresetError(error.code, error.detail, f"{where}.{error.field}" if error.field else where) from None
    return replace(preset, params=other.params)


def _named(request: SubmitRequest | AppendRequest) -> list[_Named]:
    urls = [_Named(url, {}) for url in request.image_urls]
    return urls + [_Named(photo.source, photo.params) for photo in request.photos]


def _check_of_batch(source: str, field: str) -> None:
    if not _OF_BATCH.fullmatch(source):
        detail = f"{field} is batch:TASK_ID for all photos of a batch, or batch:TASK_ID/3 for one of them."
        raise ApiError("invalid_source", detail, field)


def _hide(photos: list[_Named], strange: set[str]) -> None:
    for photo in photos:
        photo.source = hidden(photo.source, strange)
        photo.params = hidden_mask(photo.params, strange)


def _specs(photos: list[_Named], uploads: dict[str, Upload]) -> list[PhotoSpec]:
    return [PhotoSpec(each.source, each.name or _name(each.source, uploads), each.params or None) for each in photos]


def _name(source: str, uploads: dict[str, Upload]) -> str:
    """Return the name of a photo: its upload's file name, or from its address."""
    return uploads[source].name if source in uploads else safe_name(wire.name_of(source))
