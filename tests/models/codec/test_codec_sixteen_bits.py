"""Pictures of 16 bits a channel stay that where the look and the format allow it."""

import io
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from actors.messages.records import BatchSpec
from actors.worker.pixels import PixelRetoucher
from actors.worker.retoucher import Retouched
from models.codec import Limits
from models.codec.sixteen_bits import sixteen_bit_tiff
from models.colour.grade import GradeFunction
from models.colour.icc import parse
from presets.catalogue import Catalogue
from presets.pipeline import _grade
from tests.models.codec.codec_samples import exif_block, wide_profile, xmp_packet

P3_PROFILE = wide_profile()


@pytest.fixture(scope="module")
def retoucher(tmp_path_factory: pytest.TempPathFactory) -> PixelRetoucher:
    folder = tmp_path_factory.mktemp("tables")
    return PixelRetoucher(folder, folder / "models", version="test", limits=Limits())


def sky() -> np.ndarray:
    """A gradient in which each of 8 bits has many steps, uint16 (60, 400, 3)."""
    along = np.linspace(20_000, 29_000, 400)[None, :, None]
    down = np.linspace(0, 900, 60)[:, None, None]
    return np.asarray(np.rint((along + down) * np.asarray((0.8, 1.0, 1.7))), np.uint16)


def tiff(rgb: np.ndarray, exif: bytes | None = None, xmp: bytes | None = None, icc: bytes | None = None) -> bytes:
    return sixteen_bit_tiff(rgb, exif, xmp, icc)


def result(
    retoucher: PixelRetoucher, photo: bytes, preset: str, output: dict | None = None, **params: object
) -> Retouched:
    resolved = Catalogue.built_in().resolve(preset, None, params)
    return retoucher.retouch(photo, BatchSpec("test", "", asdict(resolved), output or {}, thumbnails=False), None)


def read(data: bytes) -> np.ndarray:
    array = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    assert array is not None
    return np.asarray(array[..., ::-1])


@pytest.mark.parametrize("profile", [None, P3_PROFILE], ids=["sRGB", "Display P3"])
@pytest.mark.parametrize("look", ["filter_warm", "filter_cool", "filter_sky"])
def test_a_look_is_computed_in_all_bits(retoucher: PixelRetoucher, look: str, profile: bytes | None) -> None:
    done = result(retoucher, tiff(sky(), icc=profile), look)
    after = read(done.data)
    assert after.dtype == np.uint16
    assert "sixteen_bits" in done.notes
    assert "depth_reduced" not in done.notes
    grade = _grade(Catalogue.built_in().resolve(look, None, {}).params, None)
    eight = np.rint(sky() / 257).astype(np.uint8)
    rough = np.stack(GradeFunction(grade, parse(profile) if profile else None)(*np.moveaxis(eight, 2, 0)), axis=-1)
    assert np.abs(after / 65_535 - np.clip(rough, 0, 1)).max() < 2 / 255, "the same look as in 8 bits"
    steps = np.diff(after[0, :, 2].astype(int))
    assert (steps > 0).mean() > 0.95, "no bands: each pixel of the gradient is another shade"


def test_what_nothing_changes_keeps_every_bit(retoucher: PixelRetoucher) -> None:
    done = result(retoucher, tiff(sky()), "filter_warm", strength=0.0)
    assert np.array_equal(read(done.data), sky())


@pytest.mark.parametrize("order", ["<", ">"])
def test_metadata_is_there_too(retoucher: PixelRetoucher, order: str) -> None:
    """In the byte order of the source, whose maker's note depends on it; the pixels are in that order too."""
    photo = tiff(sky(), exif_block(1, order), xmp_packet(), P3_PROFILE)
    assert np.array_equal(read(photo), sky())
    done = result(retoucher, photo, "filter_warm", strength=0.0)
    assert np.array_equal(read(done.data), sky())
    image = Image.open(io.BytesIO(done.data))
    assert image.info["icc_profile"] == P3_PROFILE
    assert image.getexif()[0x010F] == "Maker"
    assert b"<rdf:RDF" in image.getexif()[700]
    assert Fraction(image.size[0], image.size[1]) == Fraction(400, 60)


def test_turned_and_reduced(retoucher: PixelRetoucher) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    done = result(
        retoucher, tiff(sky(), exif.tobytes().removeprefix(b"Exif\0\0")), "filter_warm", {"max_side": 100}, strength=0.0
    )
    after = read(done.data)
    assert after.shape == (100, 15, 3)
    assert after.dtype == np.uint16
    assert abs(int(after[0, 7, 1]) - int(sky()[30, 2, 1])) < 200
    assert after[-1, 7, 1] > after[0, 7, 1]


def test_grey_and_png_as_tiff(retoucher: PixelRetoucher) -> None:
    grey = cv2.imencode(".tif", sky()[..., 1])[1].tobytes()
    assert read(result(retoucher, grey, "filter_warm").data).dtype == np.uint16
    png = cv2.imencode(".png", sky()[..., ::-1])[1].tobytes()
    assert read(result(retoucher, png, "filter_warm", {"format": "tiff"}).data).dtype == np.uint16
    same = result(retoucher, png, "filter_warm")
    assert (read(same.data).dtype, "depth_reduced" in same.notes) == (np.uint8, True)


@pytest.mark.parametrize("look", ["beauty_light", "color_vintage"])
def test_what_works_in_eight_bits_says_so(retoucher: PixelRetoucher, look: str) -> None:
    done = result(retoucher, tiff(sky()), look)
    assert read(done.data).dtype == np.uint8
    assert "depth_reduced" in done.notes


def test_transparency_and_eight_bits_are_as_they_were(retoucher: PixelRetoucher, tmp_path: Path) -> None:
    clear = np.dstack([sky(), np.full((60, 400), 30_000, np.uint16)])
    file = cv2.imencode(".png", clear)[1].tobytes()
    done = result(retoucher, file, "filter_warm", {"format": "tiff"})
    assert Image.open(io.BytesIO(done.data)).mode == "RGBA"
    assert "depth_reduced" in done.notes
    plain = cv2.imencode(".tif", (sky() >> 8).astype(np.uint8))[1].tobytes()
    assert read(result(retoucher, plain, "filter_warm").data).dtype == np.uint8
