"""The interface of a retoucher; `pixels.py` implements it."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from actors.messages.records import BatchSpec, Json, Preview
from actors.worker.attachments import Attached

if TYPE_CHECKING:
    from actors.worker.work import Lap
    from models.erase.filling import Filling

NOTHING: Attached = {}


@dataclass(frozen=True, slots=True)
class Variant:
    """A further output of a photo."""

    name: str
    data: bytes
    format: str
    width: int
    height: int


@dataclass(slots=True)
class Retouched:
    """A finished photo before it is stored."""

    data: bytes
    thumbnail: bytes | None
    format: str
    width: int
    height: int
    input_sha256: str
    orientation: int  # EXIF, 1..8, of the source; the result is upright
    profile: bool  # whether the result has the source's colour profile; else it is in sRGB
    notes: list[str]
    timings_ms: dict[str, float] = field(default_factory=dict)
    jpeg: str | None = None  # how a JPEG was written: partial, coefficients or whole
    blocks: int | None = None  # of 8×8 samples, that changed; None: all
    laps: list["Lap"] = field(default_factory=list)  # when which part was computed, in order
    also: list[Variant] = field(default_factory=list)
    faces: list[Json] | None = None  # what was found: `box` in fractions, and whether it was `retouched`


class Retoucher(Protocol):
    """Retouches photos. Raises models.errors.PhotoError for a photo that cannot be retouched."""

    @property
    def engine(self) -> str:
        """A name for everything besides input and preset that the bytes of a result depend on."""
        ...

    def warm(self) -> None:
        """Load everything, so that the first photo does not wait."""
        ...

    @property
    def side_by_side(self) -> int:
        """How many photos with holes to begin at a time, so that their holes are filled together."""
        ...

    def begin(
        self, data: bytes, job: BatchSpec, params: Json | None, attached: Attached = NOTHING
    ) -> "Filling[Retouched]":
        """Make the retouched photo; `params` override the job's preset, `attached` are its mask and LUT."""
        ...

    def light(self, data: bytes) -> Json:
        """Return the light of the photo, as models.shoot has it; raises PhotoError if the photo cannot be read."""
        ...

    def preview(self, data: bytes, presets: list[Json], attached: list[Attached], max_side: int) -> list[Preview]:
        """Return a small picture of the photo for each preset; raises PhotoError if the photo cannot be read."""
        ...

    def stale(self) -> bool:
        """Whether a new worker would have newer weights, so that this one should leave."""
        ...


def retouch_alone(retoucher: Retoucher, data: bytes, job: BatchSpec, attached: Attached = NOTHING) -> Retouched:
    """Return one retouched photo; raises PhotoError, DeviceLostError."""
    from models.erase.filling import alone  # noqa: PLC0415 - numpy, for those who compute

    return alone(retoucher.begin(data, job, None, attached))
