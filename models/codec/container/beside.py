"""Properties of a file that Pillow opens but does not report."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from PIL import Image

from models.codec.container.iso_picture import Box, read_picture
from models.codec.container.png_chunks import Described, read_chunks
from models.codec.container.tiff_metadata import left_out
from models.errors import PhotoError


@dataclass(slots=True)
class Beside:
    """What a file holds besides its picture."""

    code_points: tuple[int, int] | None = None  # primaries and transfer, as ITU-T H.273 numbers them
    first: bool = False  # the code points take precedence over an ICC profile
    exif: bytes | None = None  # that Pillow reports too late: behind the pixels of a PNG
    described: Described | None = None  # colours by gamma and corners
    crop: Box | None = None  # the part of the stored picture that is shown
    notes: list[str] = field(default_factory=list)  # what the result will not have


def look_beside(data: bytes, image: Image.Image, name: str) -> Beside:
    """Read the container of an opened file in format `name`; the decoder reports damage."""
    if name == "png":
        png = read_chunks(data)
        return Beside(png.code_points, png.code_points is not None, png.exif, png.described, notes=png.notes)
    if name == "avif":
        return _avif(data, image.size)
    if name == "webp":
        return Beside(notes=["c2pa_dropped"] if b"C2PA" in _riff_chunks(data) else [])
    return Beside(notes=left_out(image) if name == "tiff" else [])


def _avif(data: bytes, stored: tuple[int, int]) -> Beside:
    try:
        picture = read_picture(data)
    except PhotoError:
        return Beside()
    deep = ["depth_reduced"] if picture.bits > 8 else []
    crop = picture.crop if picture.stored == stored else None
    return Beside(picture.code_points, crop=crop, notes=[*deep, *picture.notes])


def _riff_chunks(data: bytes) -> Iterator[bytes]:
    at = 12
    while at + 8 <= len(data):
        yield data[at : at + 4]
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        at += 8 + size + size % 2
