"""The picture that codec and pipeline pass to each other."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from models.facts import Density, Text
from models.gain_map import GainMap

if TYPE_CHECKING:
    from models.finish import Finish

Pixels = npt.NDArray[np.uint8]  # (H, W, 4): RGB in the source's RGB profile, then alpha (255: opaque)


@dataclass(frozen=True, slots=True)
class Source:
    """Properties of the source file, enough to write the result in the same form."""

    format: str  # jpeg, png, webp, avif, heic, tiff, bmp, gif, raw
    width: int  # as displayed, after EXIF orientation
    height: int
    orientation: int = (
        1  # EXIF, 1..8, as found in the file (HEIC: as its container turns it); the pixels are already upright
    )
    subsampling: str = "420"  # 444, 422, 420, 440, 411 or gray; of JPEG, else 420
    icc: bytes | None = None  # the RGB profile the pixels are in; None means sRGB
    exif: bytes | None = None  # TIFF block without the "Exif\0\0" prefix
    xmp: bytes | None = None
    quants: tuple[
        tuple[int, ...], ...
    ] = ()  # of a JPEG's components, of the upright picture, row by row; empty: unknown
    iptc: bytes | None = None  # IIM datasets
    texts: tuple[Text, ...] = ()
    density: Density | None = None  # as stored, not yet turned; None: the container has none, EXIF may


@dataclass(frozen=True, slots=True)
class Coding:
    """How a JPEG is encoded."""

    subsampling: str  # 444, 422, 420 or Gray; others of a source
    quality: int | None  # None: with `quants`
    quants: tuple[tuple[int, ...], ...] = ()  # as in `Source`


class Parts(Protocol):
    """A JPEG file whose pixels are not all there at once. Its methods raise DoubtError."""

    pixels: Pixels  # (H, W, 4)

    def load(self, x0: int, y0: int, x1: int, y1: int) -> None:
        """Decode what a box of pixels needs into the picture's pixels; what is already there stays as it is."""

    def reduced(self, step: int) -> Pixels:
        """Return the picture as it was, reduced by a step: see models.reduce.reduce_cells."""

    def finish(self, finish: "Finish", seed: int) -> None:
        """Change every pixel, as models.applier has it."""

    def written(self) -> "Written":
        """Return the file with the pixels that have changed."""


class DoubtError(Exception):
    """The file is not as it seemed: it must be decoded as a whole."""


@dataclass(frozen=True, slots=True)
class Written:
    """A JPEG file that was changed in parts."""

    data: bytes | memoryview  # without metadata; valid until another file is written
    small: Pixels  # the new picture, reduced
    how: str  # see models.codec.encoder.encode
    blocks: int | None = None  # of 8×8 samples, that changed; None: all


@dataclass(frozen=True, slots=True)
class FoundFace:
    """A face that was found in a picture."""

    box: tuple[float, float, float, float]  # left, top, width, height, in fractions of the picture
    retouched: bool
    texture_cut: float | None = None  # part of the variance of its skin's texture that went; None: nothing was smoothed


@dataclass(slots=True)
class Picture:
    """Upright pixels and the properties of their source."""

    pixels: Pixels
    source: Source
    has_alpha: bool = False
    notes: list[str] = field(default_factory=list)  # what the codec did: "cmyk_to_srgb", "progressive", …
    parts: Parts | None = None  # None: all pixels are there
    faces: list[FoundFace] | None = None  # None: nobody has looked for them
    deep: npt.NDArray[np.uint16] | None = None  # (H, W, 3): the colours in 16 bits, where nothing needs them in 8
    gain_map: GainMap | None = None  # what makes an HDR picture of it

    def load(self, x0: int, y0: int, x1: int, y1: int) -> None:
        """See that the pixels of a box are there. Raises DoubtError."""
        if self.parts is not None:
            self.parts.load(x0, y0, x1, y1)

    def load_all(self) -> None:
        """See that all pixels are there. Raises DoubtError."""
        self.load(0, 0, self.pixels.shape[1], self.pixels.shape[0])

    def reduced(self, step: int, reduce: Callable[[Pixels, int], Pixels]) -> Pixels:
        """Return the unchanged picture reduced by a step, as `reduce` does it. Raises DoubtError."""
        return reduce(self.pixels, step) if self.parts is None else self.parts.reduced(step)
