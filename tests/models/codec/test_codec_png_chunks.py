"""PNGs whose chunks lie where few programs put them."""

import io

import numpy as np
import pytest
from PIL import Image

from models.codec import Limits, OutputOptions, decode, encode, read_header
from models.errors import PhotoError
from tests.models.codec.codec_samples import PHOTO, exif_block, saved, stored
from tests.models.codec.deep_samples import chunk, deep_png
from tests.models.codec.png_samples import with_chunks

LIMITS = Limits()
SMALL = PHOTO.resize((96, 64))
KINDS = ["RGB", "RGBA", "L", "LA", "P", "1", "16"]
OTHER = chunk(b"eXIf", exif_block(3))


def png(kind: str, orientation: int = 1, *, before: bytes = b"", after: bytes = b"") -> bytes:
    image = stored(SMALL, orientation)
    if kind == "16":
        return deep_png(np.asarray(image).astype(np.uint16) * 257, before=before, after=after)
    return with_chunks(
        saved(image.quantize(64) if kind == "P" else image.convert(kind), "PNG"), before=before, after=after
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("place", ["before", "after", "twice"])
def test_exif_counts_wherever_it_stands(kind: str, orientation: int, place: str) -> None:
    exif = chunk(b"eXIf", exif_block(orientation))
    around = {"before": {"before": exif}, "after": {"after": exif}, "twice": {"before": exif, "after": OTHER}}[place]
    data = png(kind, orientation, **around)
    header, picture = read_header(data, LIMITS), decode(data, LIMITS)
    assert (header.width, header.height) == SMALL.size
    assert picture.source.orientation == orientation
    want = decode(png(kind), LIMITS) if kind not in ("P", "1") else None  # whose colours depend on the order of pixels
    upright = np.asarray(SMALL.convert("L" if kind in ("L", "LA", "1") else "RGB")).reshape(64, 96, -1)
    assert np.abs(picture.pixels[..., :3].astype(int) - upright).mean() < (130 if kind == "1" else 8)
    assert want is None or (decode(data, LIMITS).pixels == want.pixels).all()
    image = Image.open(io.BytesIO(encode(picture, OutputOptions()).data))
    assert image.getexif()[0x010F] == "Maker"
    assert image.getexif().get(0x0112, 1) == 1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "tail", [b"\n", b"trailing data " * 99, bytes(4096), chunk(b"eXIf", exif_block(6)) + bytes(40)]
)
def test_what_lies_behind_the_end_of_a_png_does_not_count(kind: str, tail: bytes) -> None:
    want = decode(png(kind), LIMITS).pixels.copy()
    data = png(kind) + tail
    assert (read_header(data, LIMITS).width, read_header(data, LIMITS).height) == SMALL.size
    picture = decode(data, LIMITS)
    assert (picture.pixels == want).all()
    assert picture.source.orientation == 1


@pytest.mark.parametrize("kind", KINDS)
def test_damage_before_the_end_is_damage_whatever_lies_behind(kind: str) -> None:
    data = bytearray(png(kind))
    data[data.rindex(b"IDAT") + 20] ^= 1
    for tail in (b"", b"trailing data " * 99):
        with pytest.raises(PhotoError, match="corrupt"):
            decode(bytes(data) + tail, LIMITS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_png_without_the_end_of_its_pixels_is_cut_off(kind: str) -> None:
    with pytest.raises(PhotoError, match="truncated"):
        decode(png(kind)[:-40], LIMITS)
