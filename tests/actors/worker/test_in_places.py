"""A retouched JPEG is its source wherever nothing was retouched."""

import io
from dataclasses import asdict
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image
from skimage import data

from actors.messages.records import BatchSpec
from actors.worker.pixels import PixelRetoucher
from actors.worker.retoucher import Retouched
from models.codec.header import Limits
from presets.catalogue import Catalogue
from tests.models.compiled.jpeg.samples import scan_of, whole


@pytest.fixture(scope="module")
def retoucher(tmp_path_factory: pytest.TempPathFactory) -> PixelRetoucher:
    folder = tmp_path_factory.mktemp("retoucher")
    return PixelRetoucher(folder / "tables", folder / "models", version="test", limits=Limits())


def saved(pixels: np.ndarray, orientation: int = 1, **options: Any) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "a camera"
    target = io.BytesIO()
    Image.fromarray(pixels).save(target, "JPEG", quality=90, exif=exif, **options)
    return target.getvalue()


def portrait(side: int = 2816) -> np.ndarray:
    """Large enough for the detector's picture to come from coefficients."""
    large = cv2.resize(data.astronaut(), (side, side), interpolation=cv2.INTER_CUBIC).astype(np.float32)
    large += np.random.default_rng(0).normal(0, 3, large.shape).astype(np.float32)
    return np.clip(np.rint(large), 0, 255).astype(np.uint8)


def retouched(retoucher: PixelRetoucher, file: bytes, preset: str, output: dict[str, Any] | None = None) -> Retouched:
    job = BatchSpec("t", "", asdict(Catalogue.built_in().resolve(preset, None, {})), output or {})
    return retoucher.retouch(file, job, None)


def changed(one: bytes, other: bytes) -> np.ndarray:
    return np.asarray((whole(one) != whole(other)).any(axis=2))


def test_a_photo_without_a_face_keeps_its_scan(retoucher: PixelRetoucher) -> None:
    file = saved(data.coffee())
    result = retouched(retoucher, file, "beauty_heavy")
    assert (result.jpeg, result.blocks, result.notes) == ("partial", 0, ["no_face"])
    assert result.faces == []
    assert scan_of(result.data) == scan_of(file)
    assert Image.open(io.BytesIO(result.data)).getexif()[0x010F] == "a camera"
    assert Image.open(io.BytesIO(result.thumbnail or b"")).size == (360, 240)


def test_what_is_far_from_a_face_stays_to_the_bit(retoucher: PixelRetoucher) -> None:
    file = saved(portrait())
    result = retouched(retoucher, file, "beauty_heavy")
    assert result.jpeg == "partial"
    touched = changed(file, result.data)
    face = np.s_[440:1100, 990:1430]  # x 180 to 260 and y 80 to 200 on the astronaut
    assert touched[face].mean() > 0.5
    assert not touched[:, 2200:].any()
    assert not touched[:200].any()
    # The face is what it would be if the photo had been encoded as a whole, at a higher quality.
    wanted = whole(retouched(retoucher, file, "beauty_heavy", {"quality": 98}).data)
    assert cv2.PSNR(wanted[face][..., :3].copy(), whole(result.data)[face][..., :3].copy()) > 36
    small = np.asarray(Image.open(io.BytesIO(result.thumbnail or b"")).convert("RGB"))
    large = np.asarray(Image.open(io.BytesIO(result.data)).resize(small.shape[1::-1], Image.Resampling.BOX))
    assert cv2.PSNR(small, large) > 30


def test_a_turned_portrait_is_upright_and_nothing_is_rounded(retoucher: PixelRetoucher) -> None:
    lying = np.ascontiguousarray(np.rot90(portrait(2560)))  # EXIF 6 turns it clockwise
    result = retouched(retoucher, saved(lying, 6), "beauty_heavy")
    assert (result.jpeg, result.orientation) == ("coefficients", 6)
    image = Image.open(io.BytesIO(result.data))
    assert image.getexif().get(0x0112, 1) == 1
    there = whole(saved(lying, 6), 6)
    assert np.abs(whole(result.data)[:, 2200:].astype(int) - there[:, 2200:]).max() <= 4


def test_erasing_changes_the_hole_alone(retoucher: PixelRetoucher) -> None:
    file = saved(data.coffee())
    params = {"regions": {"unit": "px", "boxes": [[100, 100, 40, 40]]}, "model": "telea"}
    job = BatchSpec("t", "", asdict(Catalogue.built_in().resolve(None, "erase", params)), {})
    result = retoucher.retouch(file, job, None)
    assert result.jpeg == "partial"
    touched = changed(file, result.data)
    assert touched[100:140, 100:140].any()
    rows, columns = (np.flatnonzero(touched.any(axis=axis)) for axis in (1, 0))
    assert rows[0] > 60
    assert rows[-1] < 180
    assert columns[0] > 60
    assert columns[-1] < 180


@pytest.mark.parametrize(
    ("preset", "output"),
    [
        ("filter_warm", {}),
        ("beauty_light", {"quality": 92}),
        ("beauty_light", {"max_side": 300}),
        ("beauty_light", {"subsampling": "444"}),
    ],
)
def test_what_asks_for_a_new_file_gets_one(retoucher: PixelRetoucher, preset: str, output: dict[str, Any]) -> None:
    assert retouched(retoucher, saved(data.coffee()), preset, output).jpeg == "whole"


def test_what_cannot_be_changed_in_places_is_done_as_a_whole(retoucher: PixelRetoucher) -> None:
    assert retouched(retoucher, saved(data.coffee(), progressive=True), "beauty_light").jpeg == "whole"
    assert retouched(retoucher, saved(data.coffee(), 6), "beauty_light").jpeg == "coefficients"
    odd = data.coffee()[:397]
    assert retouched(retoucher, saved(odd, 6), "beauty_light").jpeg == "whole"


def test_the_same_photo_gives_the_same_bytes(retoucher: PixelRetoucher) -> None:
    file = saved(portrait())
    assert retouched(retoucher, file, "beauty_light").data == retouched(retoucher, file, "beauty_light").data
