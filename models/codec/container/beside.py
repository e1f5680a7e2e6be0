"""Properties of a file that Pillow opens but does not report."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from PIL import Image

from models.codec.container.exif import orientation_of
from models.codec.container.iso_content import exif_of_avif
from models.codec.container.iso_picture import Box, read_picture
from models.codec.container.png_chunks import Described, read_chunks
from models.codec.container.texts import comment
from models.codec.container.tiff_metadata import read_tiff
from models.errors import PhotoError
from models.facts import Density, Text


@dataclass(slots=True)
class Beside:
    """What a file holds besides its picture."""

    code_points: tuple[int, int] | None = None  # primaries and transfer, as ITU-T H.273 numbers them
    first: bool = False  # the code points take precedence over an ICC profile
    icc: bytes | None = None
    exif: bytes | None = None
    orientation: int = 1  # EXIF, 1..8; of a TIFF Pillow tells it
    xmp: bytes | None = None
    iptc: bytes | None = None
    texts: tuple[Text, ...] = ()
    density: Density | None = None
    described: Described | None = None  # colours by gamma and corners
    crop: Box | None = None  # the part of the stored picture that is shown
    notes: list[str] = field(default_factory=list)  # what the result will not have


def look_beside(data: bytes, image: Image.Image, name: str, before: bytes | None = None) -> Beside:
    """Read the container of an opened file in format `name`; the decoder reports damage.

    `before` is a TIFF as it was before its picture was put first.
    """
    if name == "png":
        return _png(data)
    if name == "tiff":
        tiff = read_tiff(data, before)
        icc = _bytes(image, "icc_profile")
        return Beside(icc=icc, exif=tiff.exif, xmp=tiff.xmp, iptc=tiff.iptc, notes=tiff.notes)
    beside = _avif(data, image.size) if name == "avif" else Beside()
    beside.icc, exif, beside.xmp = (_bytes(image, key) for key in ("icc_profile", "exif", "xmp"))
    beside.orientation = orientation_of(exif)
    beside.exif = exif_of_avif(data) if name == "avif" else exif
    if name == "webp" and b"C2PA" in _riff_chunks(data):
        beside.notes.append("c2pa_dropped")
    text = comment(_bytes(image, "comment") or b"")
    beside.texts = (text,) if text else ()
    if name == "bmp":
        beside.density = _bmp_density(data)
    return beside


def _png(data: bytes) -> Beside:
    png = read_chunks(data)
    return Beside(
        png.code_points,
        first=png.code_points is not None,
        icc=png.icc,
        exif=png.exif,
        orientation=orientation_of(png.exif),
        xmp=png.xmp,
        iptc=png.iptc,
        texts=png.texts,
        density=png.density,
        described=png.described,
        notes=png.notes,
    )


def _avif(data: bytes, stored: tuple[int, int]) -> Beside:
    try:
        picture = read_picture(data)
    except PhotoError:
        return Beside()
    deep = ["depth_reduced"] if picture.bits > 8 else []
    crop = picture.crop if picture.stored == stored else None
    return Beside(picture.code_points, crop=crop, notes=[*deep, *picture.notes])


def _bmp_density(data: bytes) -> Density | None:
    """Return the pixels by metre in the header; OS/2's old one has none."""
    if int.from_bytes(data[14:18], "little") < 40:
        return None
    across, down = (int.from_bytes(data[at : at + 4], "little", signed=True) for at in (38, 42))
    return Density(across, down, "m") if across > 0 and down > 0 else None


def _bytes(image: Image.Image, key: str) -> bytes | None:
    value = image.info.get(key)
    return value if isinstance(value, bytes) and value else None


def _riff_chunks(data: bytes) -> Iterator[bytes]:
    at = 12
    while at + 8 <= len(data):
        yield data[at : at + 4]
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        at += 8 + size + size % 2
