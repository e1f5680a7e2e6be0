"""What comes to a batch that is there: more photos, and other parameters for one of them."""

import asyncio
from typing import Any

from fastapi import Request

from actors.messages.ids import new_id
from deployments.gate.access import ANONYMOUS
from deployments.intake.bodies import BodyReader
from deployments.intake.looks import Looks
from deployments.intake.named_photos import NamedPhotos
from deployments.intake.photos_of_batches import SCHEME
from deployments.intake.uploads import Uploads
from deployments.services import Services
from deployments.wire.problems import ApiError
from photobatch.schemas import AppendRequest
from presets.catalogue import ResolvedPreset


class Additions:
    """Appends photos to open batches, and adjusts photos."""

    def __init__(self, services: Services, uploads: Uploads, looks: Looks) -> None:
        self._coordinator = services.coordinator
        self._bodies = BodyReader(uploads, services.max_photos)
        self._photos = NamedPhotos(services, uploads, looks)

    async def append(self, request: Request, task_id: str, at: int | None, caller: str | None) -> dict[str, Any]:
        """Return the batch with the photos of a request; if it is refused, nothing of it is left.

        Raises ApiError, PresetError, BatchError, StorageError.
        """
        async with self._bodies.read(request, AppendRequest, new_id("r"), caller or ANONYMOUS) as draft:
            try:
                if not (draft.request.image_urls or draft.request.photos or draft.files):
                    raise ApiError("no_photos", "Name the photos to append: image_urls, photos or files.")
                _refuse_itself(draft.request, task_id)
                batch = await self._coordinator.get(task_id)
                preset, user = ResolvedPreset(**batch["preset"]), batch["user_id"]
                photos, _ = await self._photos.take(draft.request, draft.files, preset, caller, user)
            except BaseException:
                await draft.drop()
                raise
            return await asyncio.shield(draft.handed_in(self._coordinator.append(task_id, photos, at)))

    async def adjust(self, task_id: str, index: int, params: dict[str, Any], caller: str | None) -> dict[str, Any]:
        """Return a photo that is computed again with these parameters; raises ApiError, PresetError, BatchError."""
        batch = await self._coordinator.get(task_id)
        preset = ResolvedPreset(**batch["preset"])
        own = await self._photos.own_params(params, preset, caller, batch["user_id"])
        return await self._coordinator.adjust(task_id, index, own)


def _refuse_itself(request: AppendRequest, task_id: str) -> None:
    """Refuse all photos of a batch for the batch itself: a repeated request would find more of them, and add those."""
    whole = f"{SCHEME}{task_id}"
    if whole in request.image_urls or any(photo.source == whole for photo in request.photos):
        detail = f"A batch takes its own photos one by one: {whole}/0, and so on."
        raise ApiError("invalid_source", detail, "image_urls" if whole in request.image_urls else "photos")
