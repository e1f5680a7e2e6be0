"""The picture that codec and pipeline pass to each other."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]  # (H, W, 4): RGB in the source's RGB profile, then alpha (255: opaque)


@dataclass(frozen=True, slots=True)
class Source:
    """Properties of the source file, enough to write the result in the same form."""

    format: str  # jpeg, png, webp, avif, heic, tiff, bmp, gif
    width: int  # as displayed, after EXIF orientation
    height: int
    orientation: int = (
        1  # EXIF, 1..8, as found in the file (HEIC: as its container turns it); the pixels are already upright
    )
    subsampling: str = "420"  # 444, 422, 420, 440, 411 or gray; of JPEG, else 420
    icc: bytes | None = None  # the RGB profile the pixels are in; None means sRGB
    exif: bytes | None = None  # TIFF block without the "Exif\0\0" prefix
    xmp: bytes | None = None


@dataclass(slots=True)
class Picture:
    """Upright pixels and the properties of their source."""

    pixels: Pixels
    source: Source
    has_alpha: bool = False
    notes: list[str] = field(default_factory=list)  # what the codec did: "cmyk_to_srgb", "progressive", …
