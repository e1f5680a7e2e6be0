"""The messages between a stage and its process. Both sides have the same version: they are pickled."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wish:
    """What `Retouch` was asked for, to be checked. The answer is a `Recipe` or a `Refused`."""

    preset: str | Path | None  # an id, or a file
    preset_type: str | None
    params: Json  # `mask` and `lut` are files
    output: Json  # schemas.OutputOptions as a dict
    thumbnails: bool
    masks: bool  # each photo brings its own mask


@dataclass(frozen=True, slots=True)
class Recipe:
    """A checked wish: complete, without references to files."""

    preset: Json  # presets.ResolvedPreset as a dict
    output: Json
    thumbnails: bool
    attached: dict[str, bytes]  # mask, lut
    version: str  # of the photobatch that checked it


@dataclass(frozen=True, slots=True)
class Refused:
    """Why there is no recipe, or why the process cannot compute."""

    code: str
    detail: str
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Start:
    """The order to get warm. The answer is a `Ready` or a `Refused`."""

    recipe: Recipe
    gpu: float  # the granted part of a GPU; 0: none


@dataclass(frozen=True, slots=True)
class Ready:
    """The process is warm: from now on each `Photo` is answered by a `Made` or a `Failed`."""

    engine: str  # what the bytes of results depend on, beside input and recipe
    timeout_s: float  # the longest time of a photo, BATCH_TASK_TIMEOUT


@dataclass(frozen=True, slots=True)
class Photo:
    """A file, and the mask of this photo alone."""

    data: bytes
    mask: bytes | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """A finished photo."""

    data: bytes
    thumbnail: bytes | None  # a small JPEG
    format: str
    width: int
    height: int
    notes: list[str] = field(default_factory=list)
    faces: list[Json] | None = None  # as schemas.Face; None: nobody has looked for them


@dataclass(frozen=True, slots=True)
class Failed:
    """Why a photo failed, as schemas.PhotoError."""

    code: str
    message: str
    retryable: bool
