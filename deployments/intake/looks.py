"""Presets and LUTs for the routes: built-in ones, and those of users."""

import asyncio
import hashlib
import re
from base64 import b64encode
from dataclasses import replace
from typing import Any

from actors.messages.errors import BatchError
from actors.messages.ids import new_id
from deployments.intake.sources import check_mask, hidden, hidden_mask, uploads_among
from deployments.intake.uploads import Uploads
from deployments.services import Services
from deployments.wire import wire
from deployments.wire.names import safe_name
from deployments.wire.problems import ApiError
from models.weights import LAMA
from photobatch import schemas
from presets.camera_raw.importing import imported
from presets.camera_raw.reading import LARGEST_FILE
from presets.catalogue import Preset, ResolvedPreset, resolve
from presets.errors import PresetError
from presets.params import check_complete, validate
from storage.keys import lut_key

MAX_LUT_BYTES = 64 << 20
MAX_XMP_BYTES = LARGEST_FILE
_SHA256 = re.compile(r"[0-9a-f]{64}")
_FROM_CAMERA_RAW = schemas.LocalizedText(zh="从 Lightroom / Camera Raw 导入", en="Imported from Lightroom / Camera Raw")
_GIVEN = ("id", "name", "type", "params", "description")


class Looks:
    """Finds, creates and resolves presets and LUTs."""

    def __init__(self, services: Services, uploads: Uploads) -> None:
        self._services = services
        self._coordinator = services.coordinator
        self._uploads = uploads
        self._closed = services.access.keys is not None  # then users may name only their own uploads

    async def all(self, user: str) -> list[schemas.Preset]:
        """Return the built-in presets, then the user's own and the shared ones."""
        built_in = [wire.preset(preset) for preset in self._services.catalogue.list()]
        return built_in + [_made(record) for record in await self._coordinator.list_presets(user)]

    async def get(self, user: str, preset_id: str) -> schemas.Preset:
        """Return one of those; raises `unknown_preset`."""
        if self._services.catalogue.has(preset_id):
            return wire.preset(self._services.catalogue.get(preset_id))
        return _made(await self._find(user, preset_id))

    async def create(self, user: str, preset: schemas.PresetInput) -> schemas.Preset:
        """Create a preset; raises PresetError, BatchError `preset_exists`, `too_many_presets`."""
        if self._services.catalogue.has(preset.id):
            raise ApiError("preset_exists", f"{preset.id} is built in; choose another id.", "id")
        return _made(await self._coordinator.create_preset(user, await self._record(user, preset), new_id("r")))

    async def drafted(self, data: bytes, name: str) -> schemas.PresetDraft:
        """Return the draft of a preset of Lightroom or Camera Raw; raises PresetError `invalid_xmp`."""
        made = await asyncio.to_thread(imported, data, name)
        preset = schemas.PresetInput(
            id=made.id,
            name=schemas.LocalizedText(zh=made.name, en=made.name),
            type="color",
            params=made.params,
            description=_FROM_CAMERA_RAW,
        )
        return schemas.PresetDraft(preset=preset, ignored=made.ignored, limited=made.limited)

    async def change(self, user: str, preset: schemas.PresetInput) -> schemas.Preset:
        """Replace a preset."""
        self._refuse_built_in(preset.id)
        return _made(await self._coordinator.change_preset(user, await self._record(user, preset), new_id("r")))

    async def delete(self, user: str, preset_id: str) -> None:
        """Delete a preset."""
        self._refuse_built_in(preset_id)
        await self._coordinator.delete_preset(user, preset_id)

    async def duplicate(self, user: str, preset_id: str, copy: schemas.PresetCopy) -> schemas.Preset:
        """Create a user's own copy of any preset that the user may use."""
        known = await self.get(user, preset_id)
        fields = known.model_dump(include=set(_GIVEN)) | copy.model_dump(exclude_none=True)
        return await self.create(user, schemas.PresetInput.model_validate(fields))

    async def choose(self, user: str, preset_id: str | None) -> Preset | None:
        """Return the preset of an id, None for none; raises `unknown_preset`."""
        catalogue = self._services.catalogue
        if preset_id is None or catalogue.has(preset_id):
            return None if preset_id is None else catalogue.get(preset_id)
        made = await self._find(user, preset_id)
        return Preset(**{name: made[name] for name in (*_GIVEN, "version")})

    async def resolve(
        self, user: str, preset: Preset | None, preset_type: str | None, params: dict[str, Any]
    ) -> ResolvedPreset:
        """Return the resolved preset for a batch, with its LUT pinned; raises PresetError, BatchError `unknown_lut`."""
        return resolve(preset, preset_type, await self.pinned(user, params))

    async def pinned(self, user: str, params: dict[str, Any]) -> dict[str, Any]:
        """Return the parameters with the LUT named by its SHA-256; raises BatchError `unknown_lut`."""
        name = params.get("lut")
        if not isinstance(name, str):
            return params
        if _SHA256.fullmatch(name):
            if self._closed:
                await self._coordinator.check_lut(user, name)
            return params
        return params | {"lut": (await self._coordinator.find_lut(user, name))["sha256"]}

    def with_models(self, preset: ResolvedPreset) -> ResolvedPreset:
        """Return the preset with the weights of this machine pinned; weights that only workers have stay open."""
        weights, params = self._services.weights, preset.params
        if preset.type == "erase":
            params = params | {"model": params["model"] or weights.sha256(LAMA)}
        elif params["ops"]:
            ops = [op | {"sha256": op["sha256"] or weights.sha256(op["name"])} for op in params["ops"]]
            params = params | {"ops": ops}
        return replace(preset, params=params)

    async def preview(self, user: str, asked: schemas.PreviewRequest) -> list[schemas.PreviewPicture]:
        """Return a picture for each item; raises PresetError, BatchError, PhotoError."""
        presets = [await self._look(user, item, f"items[{place}]") for place, item in enumerate(asked.items)]
        source, presets = await self._own(user, asked.source, presets)
        made = await self._services.previews.make(source, presets, asked.max_side)
        return [
            schemas.PreviewPicture(
                image=b64encode(preview.data).decode() if preview.data else None,
                width=preview.width,
                height=preview.height,
                notes=preview.notes,
                faces=preview.faces,
                error=schemas.PhotoError.model_validate(preview.error) if preview.error else None,
            )
            for preview in made
        ]

    async def _own(self, user: str, source: str, presets: list[dict[str, Any]]) -> tuple[str, list[dict[str, Any]]]:
        """Return the parameters with uploads of other users hidden."""
        if not self._closed:
            return source, presets
        named = uploads_among([source, *(preset["params"].get("mask") for preset in presets)])
        _, strange = await self._uploads.strange(named, user)
        shown = [preset | {"params": hidden_mask(preset["params"], strange)} for preset in presets]
        return hidden(source, strange), shown

    async def _look(self, user: str, item: schemas.PreviewItem, where: str) -> dict[str, Any]:
        try:
            chosen = await self.choose(user, item.preset_id)
            preset = await self.resolve(user, chosen, item.preset_type, item.preset_params)
            check_complete(preset.type, preset.params)
        except PresetError as error:
            raise PresetError(error.code, error.detail, f"{where}.{error.field}" if error.field else where) from None
        check_mask(preset.params, f"{where}.preset_params", self._services.roots)
        return wire.preset_record(preset)

    async def luts(self, user: str) -> list[schemas.Lut]:
        """Return the LUTs of a user."""
        return [schemas.Lut.model_validate(lut) for lut in await self._coordinator.list_luts(user)]

    async def put_lut(self, user: str, name: str, data: bytes) -> schemas.Lut:
        """Store a LUT under a name; raises PhotoError `invalid_lut`, StorageError."""
        from models.colour.lut_file import read_lut  # noqa: PLC0415 - numpy, for those who bring LUTs alone

        lut = await asyncio.to_thread(read_lut, data)
        sha256 = (await asyncio.to_thread(hashlib.sha256, data)).hexdigest()
        await self._services.blobs.put(lut_key(sha256), data)
        made = schemas.Lut(
            name=safe_name(name),
            sha256=sha256,
            bytes=len(data),
            title=lut.title,
            size=lut.table.shape[0],
            dimensions=1 if lut.separable else 3,
        )
        await self._coordinator.put_lut(user, made.model_dump())
        return made

    async def delete_lut(self, user: str, name: str) -> None:
        """Remove a LUT's name."""
        await self._coordinator.delete_lut(user, name)

    async def _find(self, user: str, preset_id: str) -> dict[str, Any]:
        try:
            return await self._coordinator.find_preset(user, preset_id)
        except BatchError as error:
            if error.code == "unknown_preset":
                own = [record["id"] for record in await self._coordinator.list_presets(user)]
                raise self._services.catalogue.unknown(preset_id, own) from None
            raise

    async def _record(self, user: str, preset: schemas.PresetInput) -> dict[str, Any]:
        """Return the stored form of a preset: only the given parameters, validated, with the LUT pinned."""
        params = await self.pinned(user, preset.params)
        validate(preset.type, params)
        return preset.model_dump() | {"params": params}

    def _refuse_built_in(self, preset_id: str) -> None:
        if self._services.catalogue.has(preset_id):
            detail = f"{preset_id} is built in and stays as it is; duplicate it and change your copy."
            raise ApiError("read_only", detail)


def _made(record: dict[str, Any]) -> schemas.Preset:
    return schemas.Preset.model_validate(record | {"built_in": False})
