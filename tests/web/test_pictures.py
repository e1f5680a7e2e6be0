"""Thumbnails that the page makes: what cameras embed, upright and without bars, and what is there without one."""

import base64
import io
import struct
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps
from playwright.sync_api import Page

MAKE = """async ([module, name, bytes]) => {
  const made = await import(module);
  const data = Uint8Array.from(atob(bytes), (character) => character.charCodeAt(0));
  const blob = await made[name](new File([data], "a.jpg", {type: "image/jpeg"}), 64);
  if (!blob) return null;
  const url = await new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.readAsDataURL(blob);
  });
  return url.split(",")[1];
}"""


def quarters(width: int, height: int) -> Image.Image:
    """Four colours, none of them twice: what is turned or mirrored shows."""
    picture = np.zeros((height, width, 3), np.uint8)
    picture[: height // 2, : width // 2] = (220, 30, 30)
    picture[: height // 2, width // 2 :] = (30, 200, 30)
    picture[height // 2 :, : width // 2] = (30, 30, 220)
    picture[height // 2 :, width // 2 :] = (220, 220, 30)
    return Image.fromarray(picture)


def jpeg(picture: Image.Image, **options: Any) -> bytes:
    saved = io.BytesIO()
    picture.save(saved, "JPEG", quality=95, **options)
    return saved.getvalue()


def entry(tag: int, kind: int, value: int) -> bytes:
    return struct.pack(">HHI", tag, kind, 1) + (struct.pack(">HH", value, 0) if kind == 3 else struct.pack(">I", value))


def photo(orientation: int) -> bytes:
    """A photo of 3:2 as a camera writes it: its thumbnail is 4:3, with black bars above and below."""
    thumbnail = Image.new("RGB", (160, 120))
    thumbnail.paste(quarters(160, 106), (0, 7))
    small = jpeg(thumbnail)
    first = struct.pack(">H", 1) + entry(0x0112, 3, orientation) + struct.pack(">I", 8 + 18)
    second = struct.pack(">H", 2) + entry(0x0201, 4, 8 + 18 + 30) + entry(0x0202, 4, len(small)) + struct.pack(">I", 0)
    exif = b"Exif\0\0" + b"MM\0\x2a" + struct.pack(">I", 8) + first + second + small
    return jpeg(quarters(300, 200), exif=exif)


def made(page: Page, name: str, content: bytes) -> Image.Image | None:
    answer = page.evaluate(MAKE, ["/web/parts/pictures.js", name, base64.b64encode(content).decode()])
    return answer and Image.open(io.BytesIO(base64.b64decode(answer))).convert("RGB")


def corners(picture: Image.Image) -> np.ndarray:
    """The colours near the four corners, where bars would be."""
    width, height = picture.size
    pixels = np.asarray(picture).astype(int)
    places = [(round(y * (height - 1)), round(x * (width - 1))) for y in (0.05, 0.95) for x in (0.05, 0.95)]
    return np.array([pixels[place] for place in places])


@pytest.mark.parametrize("orientation", range(1, 9))
def test_an_embedded_thumbnail_is_upright_and_has_no_bars(desktop: Page, orientation: int) -> None:
    content = photo(orientation)
    small = made(desktop, "quickThumbnail", content)
    assert small is not None
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(content)))
    assert (small.width > small.height) == (upright.width > upright.height)
    assert max(small.size) == 160, "it is the embedded one"
    assert np.abs(corners(small) - corners(upright.convert("RGB"))).max() < 40


def test_without_one_the_photo_itself_is_made_smaller_and_turned_upright(desktop: Page) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    content = jpeg(quarters(300, 200), exif=exif.tobytes())
    assert made(desktop, "quickThumbnail", content) is None
    small = made(desktop, "smaller", content)
    assert small is not None
    assert small.size == (64, 96)
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(content))).convert("RGB")
    assert np.abs(corners(small) - corners(upright)).max() < 40


@pytest.mark.parametrize("length", [0, 1, 20, 40, 100, 200])
def test_a_file_that_is_cut_has_none(desktop: Page, length: int) -> None:
    assert made(desktop, "quickThumbnail", photo(1)[:length]) is None
