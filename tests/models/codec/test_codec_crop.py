"""AVIF with a clean aperture: what the file says is shown is what comes out, at its place, upright."""

import io
import struct

import numpy as np
import pytest
from PIL import Image

from models.codec import Limits, OutputOptions, decode, encode, read_header
from models.errors import PhotoError
from tests.models.codec.codec_samples import PHOTO, saved, stored
from tests.models.codec.heic_samples import cropped

LIMITS = Limits()
WIDTH, HEIGHT = PHOTO.size  # 451 × 300


def avif(photo: Image.Image, orientation: int = 1) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation  # Pillow makes turns of the container of it
    return saved(stored(photo, orientation), "AVIF", quality=95, subsampling="4:4:4", exif=exif)


def aperture(width: int, height: int, right: tuple[int, int] = (0, 1), down: tuple[int, int] = (0, 1)) -> bytes:
    """The body of a `clap`: how far the middle of the crop lies from that of the picture."""
    return struct.pack(">IIIIiIiI", width, 1, height, 1, *right, *down)


def shown(data: bytes) -> np.ndarray:
    header, picture = read_header(data, LIMITS), decode(data, LIMITS)
    assert picture.pixels.shape[:2] == (header.height, header.width)
    assert (picture.source.width, picture.source.height) == (header.width, header.height)
    return picture.pixels


@pytest.mark.parametrize(
    ("crop", "box"),
    [
        (aperture(201, 100), (125, 100, 326, 200)),  # left, top, right, bottom
        (aperture(201, 100, (-125, 1), (-100, 1)), (0, 0, 201, 100)),
        (aperture(201, 100, (250, 2), (100, 1)), (250, 200, 451, 300)),
        (aperture(200, 99, (1, 2), (-1, 2)), (126, 100, 326, 199)),
        (aperture(200, 99), (125, 100, 325, 199)),  # half a pixel is rounded down, as libheif does
        (aperture(451, 300), (0, 0, 451, 300)),
        (aperture(1, 1, (-225, 1), (-299, 2)), (0, 0, 1, 1)),
    ],
)
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L"])
@pytest.mark.parametrize("place", [None, 0])
def test_a_crop_is_what_is_shown(crop: bytes, box: tuple[int, int, int, int], mode: str, place: int | None) -> None:
    photo = PHOTO.convert(mode)
    if mode == "RGBA":
        photo.putalpha(Image.linear_gradient("L").resize(photo.size))
    whole = decode(avif(photo), LIMITS).pixels.copy()
    left, top, right, bottom = box
    assert (shown(cropped(avif(photo), crop, place)) == whole[top:bottom, left:right]).all()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_crop_comes_before_the_turns_that_follow_it(orientation: int) -> None:
    data = avif(PHOTO, orientation)
    upright, (width, height) = decode(data, LIMITS).pixels.copy(), stored(PHOTO, orientation).size
    left, top = 20, 30
    crop = aperture(121, 60, (2 * left + 121 - width, 2), (2 * top + 60 - height, 2))
    flags = np.zeros((height, width), np.uint8)
    flags[top : top + 60, left : left + 121] = 255
    seen = np.asarray(upright_of(Image.fromarray(flags), orientation)) > 0
    rows, columns = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
    want = upright[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    result = shown(cropped(data, crop, 0))
    assert result.shape == want.shape
    assert (result == want).all()


def upright_of(image: Image.Image, orientation: int) -> Image.Image:
    back = {5: 5, 6: 8, 7: 7, 8: 6}
    return stored(image, back.get(orientation, orientation))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_crop_behind_the_turns_is_of_the_upright_picture(orientation: int) -> None:
    data = avif(PHOTO, orientation)
    upright = decode(data, LIMITS).pixels.copy()
    assert (shown(cropped(data, aperture(201, 100, (30, 1), (-20, 1)))) == upright[80:180, 155:356]).all()


@pytest.mark.parametrize(
    "crop",
    [
        aperture(452, 300),
        aperture(201, 100, (126, 1)),
        aperture(201, 100, (0, 1), (-101, 1)),
        aperture(0, 100),
        aperture(2**32 - 1, 2**32 - 1, (-(2**31), 1), (2**31 - 1, 1)),
    ],
)
def test_a_crop_that_makes_no_sense_does_not_count(crop: bytes) -> None:
    assert (shown(cropped(avif(PHOTO), crop)) == decode(avif(PHOTO), LIMITS).pixels).all()


def test_a_crop_by_nothing_does_not_count_and_half_a_box_is_damage() -> None:
    pixels = shown(cropped(avif(PHOTO), aperture(201, 100, (0, 0)))).copy()
    assert (pixels == decode(avif(PHOTO), LIMITS).pixels).all()
    with pytest.raises(PhotoError, match="corrupt"):
        decode(cropped(avif(PHOTO), aperture(201, 100)[:20]), LIMITS)


def test_a_small_crop_of_a_giant_is_as_large_as_the_giant() -> None:
    data = cropped(avif(PHOTO), aperture(11, 10))
    assert read_header(data, LIMITS).width == 11
    for look in (read_header, decode):
        with pytest.raises(PhotoError, match="too_many_pixels"):
            look(data, Limits(max_pixels=WIDTH * HEIGHT - 1))


def test_a_result_is_the_crop_and_holds_nothing_around_it() -> None:
    written = encode(decode(cropped(avif(PHOTO, 6), aperture(100, 200), 0), LIMITS), OutputOptions())
    assert (written.width, written.height) == (200, 100)
    assert Image.open(io.BytesIO(written.data)).size == (200, 100)
    assert b"clap" not in written.data
