"""Presets and LUTs of the service."""

import asyncio
import base64
import builtins
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pydantic import ValidationError

from photobatch.connection import Connection, as_json
from photobatch.errors import InvalidRequestError, of_code, of_validation
from photobatch.schemas import (
    LocalizedText,
    Lut,
    LutList,
    Preset,
    PresetCopy,
    PresetDraft,
    PresetInput,
    PresetList,
    PreviewItem,
    PreviewList,
    PreviewRequest,
)
from photobatch.uploads import upload

PresetLike = PresetInput | Mapping[str, Any]
ItemLike = str | PreviewItem | Mapping[str, Any]


class AsyncPresets:
    """Presets: built-in ones, your own, and shared ones."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def list(self) -> builtins.list[Preset]:
        """Return every preset that you may use."""
        return (await self._connection.ask(PresetList, "GET", "/presets")).items

    async def get(self, preset_id: str) -> Preset:
        """Return one preset; raises NotFoundError (`unknown_preset`)."""
        return await self._connection.ask(Preset, "GET", _path(preset_id))

    async def create(self, preset: PresetLike) -> Preset:
        """Create a preset: `{"id", "name": {"zh", "en"}, "type", "params"}`; raises ConflictError (`preset_exists`)."""
        made = _preset(preset)
        return await self._connection.ask(Preset, "POST", "/presets", json=as_json(made), once=True)

    async def put(self, preset: PresetLike) -> Preset:
        """Replace a preset of yours: its version grows, and batches keep their version."""
        made = _preset(preset)
        return await self._connection.ask(Preset, "PUT", _path(made.id), json=as_json(made))

    async def delete(self, preset_id: str) -> None:
        """Delete a preset of yours; batches that use it keep it."""
        await self._connection.send("DELETE", _path(preset_id))

    async def duplicate(self, preset_id: str, new_id: str, *, zh: str | None = None, en: str | None = None) -> Preset:
        """Copy a preset to one of your own. Without `zh` and `en` it is named like the original."""
        name = LocalizedText(zh=zh or en or "", en=en or zh or "") if zh or en else None
        try:
            copy = PresetCopy(id=new_id, name=name)
        except ValidationError as error:
            raise of_validation(error) from None
        path = f"{_path(preset_id)}/duplicate"
        return await self._connection.ask(Preset, "POST", path, json=copy.model_dump(), once=True)

    async def read_xmp(self, path: str | os.PathLike[str]) -> PresetDraft:
        """Return a preset of ours that is like a `.xmp` preset of Lightroom or Camera Raw; `create` takes its `preset`.

        `ignored` names what is in the file and not in the preset. Raises InvalidRequestError (`invalid_xmp`).
        """
        file = Path(path)
        content, params = await _content(file), {"name": file.stem[:200]}
        return await self._connection.ask(PresetDraft, "POST", "/presets/import", params=params, content=content)

    async def preview(
        self, photo: str | os.PathLike[str], looks: Iterable[ItemLike], *, max_side: int = 512
    ) -> builtins.list[bytes]:
        """Return a small JPEG of one photo for each look: a preset's id, or an item with its own parameters.

        The photo is a file, or the `upload:…` source of an uploaded one. Raises PhotoBatchError with the code of the
        first look that cannot be shown.
        """
        given = [PreviewItem(preset_id=look) if isinstance(look, str) else look for look in looks]
        try:  # check before the photo is sent
            asked = PreviewRequest.model_validate({"source": "upload:", "items": given, "max_side": max_side})
        except ValidationError as error:
            raise of_validation(error) from None
        uploaded = isinstance(photo, str) and photo.startswith("upload:")
        asked.source = str(photo) if uploaded else (await upload(self._connection, Path(photo))).source
        path, body = "/presets/preview", as_json(asked)
        shown = (await self._connection.ask(PreviewList, "POST", path, json=body)).items
        for picture in shown:
            if picture.error is not None:
                raise of_code(picture.error.code, picture.error.message, 422)
        return [base64.b64decode(picture.image or "") for picture in shown]


class AsyncLuts:
    """Your LUTs; presets name one in `lut`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def list(self) -> builtins.list[Lut]:
        """Return your LUTs."""
        return (await self._connection.ask(LutList, "GET", "/luts")).items

    async def put(self, path: str | os.PathLike[str], name: str | None = None) -> Lut:
        """Store a `.cube` file or a Hald PNG, by default under its own name without the extension."""
        file = Path(path)
        content, params = await _content(file), {"name": name or file.stem}
        return await self._connection.ask(Lut, "POST", "/luts", params=params, content=content)

    async def delete(self, name: str) -> None:
        """Remove a LUT's name; presets and batches that use the LUT keep it."""
        await self._connection.send("DELETE", f"/luts/{_quoted(name)}")


async def _content(file: Path) -> bytes:
    try:
        return await asyncio.to_thread(file.read_bytes)
    except OSError as error:
        raise InvalidRequestError("unreadable", f"{file} cannot be read: {error.strerror}.") from None


def _path(preset_id: str) -> str:
    return f"/presets/{_quoted(preset_id)}"


def _quoted(name: str) -> str:
    """Return a name quoted for a URL path; an invalid one names nothing."""
    return quote(name, safe="", errors="replace")


def _preset(preset: PresetLike) -> PresetInput:
    try:
        return PresetInput.model_validate(preset)
    except ValidationError as error:
        raise of_validation(error, "preset") from None
