"""Eight orientations, each format in, each format out."""

import io

import numpy as np
import pytest
from PIL import Image

from models.codec import Limits, OutputOptions, decode, encode, read_header
from tests.models.codec.codec_samples import PHOTO, exif_block
from tests.models.codec.inputs import INPUTS, OUTPUTS, photo_in

LIMITS = Limits()
SMALL = PHOTO.resize((96, 64))


@pytest.mark.parametrize("name", INPUTS)
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_result_is_upright(name: str, orientation: int) -> None:
    stored_size = SMALL.size if orientation < 5 else SMALL.size[::-1]
    data = photo_in(name, SMALL, orientation, exif=exif_block(orientation, size=stored_size))
    header = read_header(data, LIMITS)
    assert (header.width, header.height) == (96, 64)
    picture = decode(data, LIMITS)
    assert picture.source.orientation == orientation
    assert picture.pixels.shape == (64, 96, 4)
    for target in OUTPUTS:
        written = encode(picture, OutputOptions(format=target, quality=95))
        assert (written.width, written.height) == (96, 64)
        image = Image.open(io.BytesIO(written.data))
        assert image.size == (96, 64)
        assert image.getexif().get(0x0112, 1) == 1
        exif = image.getexif().get_ifd(0x8769)
        assert (exif[0xA002], exif[0xA003]) == (96, 64)
        difference = np.abs(np.asarray(image.convert("RGB")).astype(int) - np.asarray(SMALL)).mean()
        assert difference < 4, target
