"""Further outputs of a photo come from the picture of its result, which they leave as it is."""

import io
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest
from PIL import Image
from skimage import data

from actors.messages.records import BatchSpec
from actors.worker.pixels import PixelRetoucher
from models.codec import decode
from models.codec.header import Limits
from photobatch.schemas import OutputOptions
from presets.catalogue import Catalogue
from tests.models.codec.codec_samples import camera_jpeg

WEB = {"name": "web", "max_side": 200, "quality": 90}
BIG = {"name": "big", "format": "webp"}


@pytest.fixture(scope="module")
def retoucher(tmp_path_factory: pytest.TempPathFactory) -> PixelRetoucher:
    folder = tmp_path_factory.mktemp("also")
    return PixelRetoucher(folder / "tables", folder / "models", version="test", limits=Limits())


def job(preset: str, **output: Any) -> BatchSpec:
    resolved = asdict(Catalogue.built_in().resolve(preset, None, {}))
    return BatchSpec("b", "ann", resolved, OutputOptions(**output).model_dump())


@pytest.mark.parametrize("preset", ["filter_warm", "beauty_heavy", "color_mono"])
def test_they_show_the_result_and_leave_it_as_it_is(retoucher: PixelRetoucher, preset: str) -> None:
    photo = camera_jpeg() if preset != "beauty_heavy" else _photo()
    alone = retoucher.retouch(photo, job(preset), None)
    both = retoucher.retouch(photo, job(preset, also=[WEB, BIG]), None)
    assert both.data == alone.data
    web, big = both.also
    assert (web.name, web.format, max(web.width, web.height)) == ("web", "jpeg", 200)
    assert (big.name, big.format, big.width, big.height) == ("big", "webp", both.width, both.height)
    shown = decode(both.data, Limits()).pixels[..., :3]
    for one in (web, big):
        pixels = Image.open(io.BytesIO(one.data)).convert("RGB")
        assert pixels.size == (one.width, one.height)
        wanted = Image.fromarray(np.ascontiguousarray(shown)).resize(pixels.size, Image.Resampling.BOX)
        apart = np.abs(np.asarray(pixels, np.int16) - np.asarray(wanted, np.int16))
        assert apart.mean() < 4, one.name
    assert Image.open(io.BytesIO(web.data)).getexif(), "with the metadata of the photo"


def _photo() -> bytes:
    target = io.BytesIO()
    exif = Image.Exif()
    exif[0x0110] = "X1"
    Image.fromarray(data.astronaut()).save(target, "jpeg", quality=92, exif=exif)
    return target.getvalue()


def test_nothing_is_enlarged(retoucher: PixelRetoucher) -> None:
    made = retoucher.retouch(camera_jpeg(), job("filter_warm", max_side=100, also=[WEB]), None)
    assert (made.also[0].width, made.also[0].height) == (made.width, made.height)


@pytest.mark.parametrize(
    "also",
    [
        [WEB, WEB],
        *([{"name": name}] for name in ("../x", "Web", "con", "")),
        [WEB | {"name": f"n{number}"} for number in range(5)],
    ],
)
def test_wrong_ones_are_refused(also: list[dict[str, Any]]) -> None:
    with pytest.raises(ValueError, match=r"also|name"):
        OutputOptions(also=also)
