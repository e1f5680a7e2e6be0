import io

import numpy as np
import pytest
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from models.codec.header import Limits
from models.shoot import analyse
from models.shoot.taking import Taking, taking_of


def exif():
    block = Image.Exif()
    values = {
        0x829A: IFDRational(1, 100),
        0x829D: IFDRational(8),
        0x8827: 200,
        0x9003: "2026:05:03 10:20:30",
        0x9291: "25",
    }
    block.get_ifd(0x8769).update(values)
    return block


def test_exposure_value_and_time_come_from_the_file():
    file = io.BytesIO()
    Image.fromarray(np.full((40, 60, 3), 120, np.uint8)).save(file, "jpeg", exif=exif())
    light = analyse(file.getvalue(), Limits())
    assert light.ev == pytest.approx(11.644, abs=0.01)  # log2(8² · 100) - 1 for ISO 200
    assert light.taken == pytest.approx(1777803630.25)


def test_what_is_missing_or_nonsense_is_unknown():
    assert taking_of(None) == Taking()
    assert taking_of(b"nonsense") == Taking()
    assert taking_of(exif().tobytes()[:40]) == Taking()
