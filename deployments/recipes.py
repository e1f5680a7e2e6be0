"""The recipe of a stage in other people's Ray Data, from what it was asked for."""

import hashlib
from dataclasses import asdict
from pathlib import Path

from deployments.preset_file import preset_of_file, read_file
from deployments.retouching import limits_of
from deployments.settings import Settings
from models.codec.header import read_header
from models.errors import PhotoError
from photobatch import __version__
from photobatch.stage.messages import Json, Recipe, Wish
from presets.catalogue import Catalogue, Preset, resolve
from presets.errors import PresetError
from presets.params import check_complete


def recipe_of(wish: Wish, settings: Settings) -> Recipe:
    """Resolve the preset and read the files that it names. Raises PresetError, PhotoError."""
    preset = preset_of_file(wish.preset).preset if isinstance(wish.preset, Path) else _named(wish.preset)
    given = {**(preset.params if preset else {}), **wish.params}
    attached, pinned = _attached(given, settings)
    resolved = resolve(preset, wish.preset_type, {**wish.params, **pinned})
    if wish.masks and resolved.type != "erase":
        raise PresetError("invalid_params", f"Only erase takes masks, not {resolved.type}.", "mask_column")
    if not wish.masks:
        check_complete(resolved.type, resolved.params)
    return Recipe(asdict(resolved), wish.output, wish.thumbnails, attached, __version__)


def check_files(params: Json, settings: Settings) -> None:
    """Raise PresetError unless the local files that the parameters name, mask and LUT, can be used."""
    local = {name: value for name, value in params.items() if not (isinstance(value, str) and "://" in value)}
    try:
        _attached(local, settings)
    except PhotoError as error:
        raise PresetError(error.code, error.detail) from None


def _named(preset_id: str | None) -> Preset | None:
    return None if preset_id is None else Catalogue.built_in().get(preset_id)


def _attached(params: Json, settings: Settings) -> tuple[dict[str, bytes], Json]:
    """Return the files that the parameters name, and the parameters that then name them."""
    attached: dict[str, bytes] = {}
    pinned: Json = {}
    if isinstance(lut := params.get("lut"), str):
        from models.colour.lut_file import read_lut  # noqa: PLC0415 - numpy, for those who bring LUTs alone

        attached["lut"] = read_file(Path(lut), "lut")
        try:
            read_lut(attached["lut"])
        except PhotoError as error:
            raise PhotoError(error.code, f"{lut}: {error.detail}") from None
        pinned["lut"] = hashlib.sha256(attached["lut"]).hexdigest()
    if isinstance(mask := params.get("mask"), str):
        attached["mask"] = read_file(Path(mask), "mask")
        try:
            read_header(attached["mask"], limits_of(settings))
        except PhotoError as error:
            raise PhotoError("bad_mask", f"{mask}: {error.detail}") from None
    return attached, pinned
