"""The catalogue of presets, and their resolution with a request's parameters.

Imports no torch: the ingress resolves presets.
"""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import yaml

from presets.errors import PresetError
from presets.params import PARAMS, validate

_BUILT_IN = Path(__file__).parent / "built_in"
_FROM_TYPE = 1  # the version of a preset that is only a type


@dataclass(frozen=True)
class Preset:
    """A named preset."""

    id: str
    name: dict[str, str]  # by language: zh, en
    type: str  # beauty, filter or color
    version: int
    params: dict[str, Any]  # parameters that differ from neutral
    description: dict[str, str]  # by language: zh, en


@dataclass(frozen=True)
class ResolvedPreset:
    """A preset as a batch carries it: complete, without references, and JSON-able."""

    id: str | None  # None: made from only a type
    type: str
    version: int
    params: dict[str, Any]  # all of them, validated


class Catalogue:
    """Presets by id."""

    def __init__(self, presets: list[Preset]) -> None:
        self._presets = {preset.id: preset for preset in presets}

    @classmethod
    def built_in(cls) -> Self:
        """Load the presets of presets/built_in/, one YAML file each. Raises PresetError if a file is wrong."""
        return cls([_load(path) for path in sorted(_BUILT_IN.glob("*.yaml"))])

    def list(self) -> list[Preset]:
        """All presets by id."""
        return [self._presets[key] for key in sorted(self._presets)]

    def get(self, preset_id: str) -> Preset:
        """Raises PresetError `unknown_preset`."""
        if preset_id not in self._presets:
            raise self.unknown(preset_id)
        return self._presets[preset_id]

    def unknown(self, preset_id: str, others: Iterable[str] = ()) -> PresetError:
        """Return the error `unknown_preset` for an id, with one that is near, of these presets or the others."""
        ids = {known: known for known in (*self._presets, *others)}
        called = {name.lower(): preset.id for preset in self._presets.values() for name in preset.name.values()} | ids
        near = difflib.get_close_matches(preset_id.lower(), called, n=1)
        hint = f"did you mean {called[near[0]]}?" if near else f"there are {', '.join(sorted(ids))}."
        return PresetError("unknown_preset", f"There is no preset {preset_id!r:.80}; {hint}", "preset_id")

    def has(self, preset_id: str) -> bool:
        """Whether it is one of these."""
        return preset_id in self._presets

    def resolve(self, preset_id: str | None, preset_type: str | None, params: dict[str, Any]) -> ResolvedPreset:
        """Return the preset with `params` overriding its own; with only a type they override neutral ones.

        Raises PresetError.
        """
        return resolve(None if preset_id is None else self.get(preset_id), preset_type, params)


def resolve(preset: Preset | None, preset_type: str | None, params: dict[str, Any]) -> ResolvedPreset:
    """Return any preset with `params` overriding its own; None: a type with neutral parameters.

    Raises PresetError.
    """
    if preset_type is not None and preset_type not in PARAMS:
        detail = f"preset_type {preset_type!r:.80} is unknown; {', '.join(PARAMS)} are allowed."
        raise PresetError("invalid_params", detail, "preset_type")
    if preset is None:
        if preset_type is None:
            raise PresetError("invalid_params", "Give a preset_id or a preset_type.", "preset_id")
        return _resolved(None, preset_type, _FROM_TYPE, params)
    if preset_type not in (None, preset.type):
        detail = f"{preset.id} is of type {preset.type}, not {preset_type}; leave preset_type out."
        raise PresetError("invalid_params", detail, "preset_type")
    return _resolved(preset.id, preset.type, preset.version, {**preset.params, **params})


def _resolved(preset_id: str | None, preset_type: str, version: int, params: dict[str, Any]) -> ResolvedPreset:
    return ResolvedPreset(preset_id, preset_type, version, validate(preset_type, params).model_dump(mode="json"))


def _load(path: Path) -> Preset:
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    try:
        preset = Preset(**content)
    except TypeError as error:
        raise PresetError("invalid_params", f"{path.name}: {error}") from None
    validate(preset.type, preset.params)
    return preset
