"""JPEG files of all kinds that can be changed in places, and what is read off them."""

import io
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import cv2
import numpy as np
import simplejpeg
from PIL import Image
from skimage import data

from models.codec import Workspace
from models.codec.orientation import upright
from models.compiled.jpeg.partial import PartialJpeg, open_partial
from models.compiled.jpeg.scanned import Functions
from models.compiled.library import load
from models.picture import Pixels

SAMPLINGS = {"444": 0, "422": 1, "420": 2, "440": "4:4:0", "gray": 0}


@cache
def functions() -> Functions:
    return Functions(load(Path(mkdtemp())))


def photo(width: int, height: int) -> np.ndarray:
    """uint8 (height, width, 3), with the noise of a sensor."""
    picture = cv2.resize(data.astronaut(), (width, height), interpolation=cv2.INTER_AREA).astype(np.float32)
    picture += np.random.default_rng(width).normal(0, 2, picture.shape).astype(np.float32)
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)


def sample(width: int, height: int, subsampling: str = "420", **options: Any) -> bytes:
    """A file as Pillow saves it with these options."""
    pixels = photo(width, height)
    if subsampling == "440":  # which Pillow does not write
        return bytes(simplejpeg.encode_jpeg(pixels, 90, "RGB", "440"))
    image = Image.fromarray(pixels)
    if subsampling == "gray":
        image = image.convert("L")
    target = io.BytesIO()
    image.save(target, "JPEG", **({"quality": 90, "subsampling": SAMPLINGS[subsampling]} | options))
    return target.getvalue()


def opened(file: bytes, orientation: int = 1, step: int = 4) -> PartialJpeg:
    """The file as a picture in places; fails if it is none."""
    jpeg = open_partial(functions(), file, orientation, step)
    assert jpeg is not None
    return jpeg


def whole(file: bytes, orientation: int = 1) -> Pixels:
    """All pixels, upright, as libjpeg-turbo decodes them."""
    return upright(simplejpeg.decode_jpeg(file, "RGBX"), orientation, Workspace()).copy()


def scan_of(file: bytes) -> bytes:
    """What follows the headers."""
    at = 2
    while True:
        length = int.from_bytes(file[at + 2 : at + 4], "big")
        if file[at + 1] == 0xDA:
            return file[at + 2 + length :]
        at += 2 + length


def damaged(file: bytes, times: int, seed: int) -> Iterator[bytes]:
    """Yield copies of a file in which one to three bytes are others."""
    noise = np.random.default_rng(seed)
    whole = np.frombuffer(file, np.uint8)
    for _ in range(times):
        copy = whole.copy()
        for _ in range(noise.integers(1, 4)):
            copy[noise.integers(2, len(file))] = noise.integers(0, 256)
        yield copy.tobytes()
