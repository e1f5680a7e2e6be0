"""What a worker does to a photo: the contract. `pixels.py` fulfils it; it brings OpenCV, so it is imported late."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from actors.messages.records import BatchSpec, Json, Preview
from actors.worker.attachments import Attached

if TYPE_CHECKING:
    from models.codec.header import Limits
    from models.erase.filling import Filling

NOTHING: Attached = {}


@dataclass(slots=True)
class Retouched:
    """A finished photo before it is stored."""

    data: bytes
    thumbnail: bytes | None
    format: str
    width: int
    height: int
    input_sha256: str
    orientation: int  # EXIF, 1..8, as it was found; the result is upright
    profile: bool  # whether the result carries the source's colour profile; else it is in sRGB
    notes: list[str]
    timings_ms: dict[str, float] = field(default_factory=dict)


class Retoucher(Protocol):
    """What a worker does to a photo. Raises models.errors.PhotoError for a photo that cannot be worked on."""

    @property
    def engine(self) -> str:
        """What the bytes of a result depend on, beside input and preset."""
        ...

    def warm(self) -> None:
        """Load what is needed, so that the first photo waits for nothing."""
        ...

    @property
    def side_by_side(self) -> int:
        """How many photos with holes are best begun at a time, so that these are filled together."""
        ...

    def begin(
        self, data: bytes, job: BatchSpec, params: Json | None, attached: Attached = NOTHING
    ) -> "Filling[Retouched]":
        """Make the retouched photo; `params` override the job's preset for this photo, `attached` are files too."""
        ...

    def preview(self, data: bytes, presets: list[Json], attached: list[Attached], max_side: int) -> list[Preview]:
        """Return a small picture of the photo for each preset; raises PhotoError for a photo that can't be read."""
        ...

    def stale(self) -> bool:
        """Whether a new one would do better than this: it is time to leave."""
        ...


def pixel_retoucher(tables: Path, models: Path, *, version: str, limits: "Limits", gpu_jpeg: bool = False) -> Retoucher:
    """Return the retoucher of real photos, in the process that is to work: whoever only names it needs no OpenCV."""
    from actors.worker.pixels import PixelRetoucher  # noqa: PLC0415

    return PixelRetoucher(tables, models, version=version, limits=limits, gpu_jpeg=gpu_jpeg)
