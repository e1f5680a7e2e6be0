"""A mark lies in its corner, at its size, on every kind of picture."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from models.errors import PhotoError
from models.gain_map import Channel, GainMap, Scale
from models.mark import Mark
from models.picture import Picture, Source

GREY = 90


def png(colour: tuple[int, ...] = (255, 0, 0, 255), size: tuple[int, int] = (40, 20)) -> bytes:
    target = io.BytesIO()
    Image.new("RGBA", size, colour).save(target, "png")
    return target.getvalue()


def picture(height: int = 400, width: int = 600, alpha: int = 255, **more: Any) -> Picture:
    pixels = np.full((height, width, 4), GREY, np.uint8)
    pixels[..., 3] = alpha
    return Picture(pixels, Source("png", width, height), has_alpha=alpha < 255, **more)


def box_of(changed: np.ndarray) -> tuple[int, int, int, int]:
    rows, columns = np.flatnonzero(changed.any(1)), np.flatnonzero(changed.any(0))
    return columns[0], rows[0], columns[-1] + 1, rows[-1] + 1


@pytest.mark.parametrize(
    ("corner", "box"),
    [
        ("top_left", (12, 12, 92, 52)),
        ("top_right", (508, 12, 588, 52)),
        ("bottom_left", (12, 348, 92, 388)),
        ("bottom_right", (508, 348, 588, 388)),
        ("center", (260, 180, 340, 220)),
    ],
)
def test_an_image_lies_in_its_corner(corner: str, box: tuple[int, ...]) -> None:
    marked = picture()
    Mark(None, png(), corner, 0.5, 0.1).lay(marked)
    assert box_of(marked.pixels[..., 0] != GREY) == box
    x0, y0, x1, y1 = box
    assert marked.pixels[(y0 + y1) // 2, (x0 + x1) // 2].tolist() == [172, 45, 45, 255]  # half of it


@pytest.mark.parametrize("size", [(400, 600), (60, 900), (900, 20), (17, 17)])
def test_a_text_fits_whatever_the_size(size: tuple[int, int]) -> None:
    marked = picture(*size)
    Mark("© Ann Lee 2026", None, "bottom_right", 1.0, 0.1).lay(marked)
    x0, y0, x1, y1 = box_of(marked.pixels[..., 0] != GREY)
    assert x1 - x0 <= size[1]
    assert y1 - y0 <= size[0]
    if size == (400, 600):
        assert 25 <= y1 - y0 <= 42
        assert marked.pixels[..., :3].max() == 255
        assert marked.pixels[..., :3].min() < GREY, "with a dark outline"


def test_it_is_seen_on_clear_pixels() -> None:
    marked = picture(alpha=0)
    Mark(None, png(), "center", 0.5, 0.1).lay(marked)
    assert marked.pixels[200, 300].tolist() == [255, 0, 0, 128]
    assert marked.pixels[5, 5].tolist() == [GREY, GREY, GREY, 0]


def test_sixteen_bits_and_gain_follow() -> None:
    scale = Scale((Channel(minimum=-1.0, maximum=3.0),))
    gain_map = GainMap(np.full((100, 150, 1), 200, np.uint8), scale)
    marked = picture(deep=np.full((400, 600, 3), 1000, np.uint16), gain_map=gain_map)
    Mark(None, png(), "center", 1.0, 0.1).lay(marked)
    assert marked.deep is not None
    assert marked.deep[200, 300].tolist() == [65535, 0, 0]
    assert marked.deep[0, 0].tolist() == [1000] * 3
    assert marked.gain_map is not None
    assert marked.gain_map.samples[50, 75, 0] == 64, "no stops: a quarter of the way from -1 to 3"
    assert marked.gain_map.samples[0, 0, 0] == 200
    assert gain_map.samples[50, 75, 0] == 200, "the map that was found stays as it was"


def test_a_damaged_image_fails_its_photo() -> None:
    with pytest.raises(PhotoError, match="watermark"):
        Mark(None, png()[:60], "center", 1.0, 0.1).lay(picture())
