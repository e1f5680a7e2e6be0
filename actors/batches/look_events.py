"""What can happen to the presets and LUTs that people made. All stand in the journal under one id; see `events`."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, get_args

from actors.batches.event_format import EventFormat
from actors.messages.records import Json


@dataclass(frozen=True, slots=True)
class PresetKept:
    """A user made a preset, or changed one; it replaces the earlier one of its owner and id."""

    kind: ClassVar[str] = "preset"
    preset: Json  # all of it, with id, owner, version, shared, params, and the token of the request that wrote it


@dataclass(frozen=True, slots=True, kw_only=True)
class PresetGone:
    """A user deleted a preset."""

    kind: ClassVar[str] = "preset_gone"
    owner: str | None = None  # None in early journals: an id was taken once then, whoever had it
    preset_id: Annotated[str, "id"]


@dataclass(frozen=True, slots=True)
class LutKept:
    """A user brought a LUT; it replaces the earlier one of its owner and name."""

    kind: ClassVar[str] = "lut"
    owner: str
    lut: Json  # name, sha256 and what else is told of it


@dataclass(frozen=True, slots=True)
class LutGone:
    """A user deleted a LUT."""

    kind: ClassVar[str] = "lut_gone"
    owner: str
    name: str


LookEvent = PresetKept | PresetGone | LutKept | LutGone
LOOK_EVENTS = EventFormat[LookEvent](*get_args(LookEvent))
