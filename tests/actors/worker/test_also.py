"""Further outputs of a photo come from the picture of its result, which they leave as it is."""

import io
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest
from PIL import Image
from skimage import data

from actors.messages.records import BatchSpec
from actors.worker.outputs import mark_of
from actors.worker.pixels import PixelRetoucher
from models.codec import decode
from models.codec.header import Limits
from photobatch.schemas import OutputOptions
from photobatch.schemas.watermark import data_url
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


def test_a_mark_is_on_the_result_and_on_every_other_output(retoucher: PixelRetoucher) -> None:
    mark = {"text": "(C) Ann", "corner": "top_left", "opacity": 1.0, "size": 0.2}
    for preset in ("filter_warm", "beauty_heavy", "erase"):
        params = {"regions": {"unit": "fraction", "boxes": [[0.7, 0.7, 0.1, 0.1]]}} if preset == "erase" else {}
        resolved = asdict(Catalogue.built_in().resolve(preset, None, params))
        plain, marked = (
            retoucher.retouch(
                _photo(), BatchSpec("b", "ann", resolved, OutputOptions(also=[WEB], **more).model_dump()), None
            )
            for more in ({}, {"watermark": mark})
        )
        for one, other in ((plain.data, marked.data), (plain.also[0].data, marked.also[0].data)):
            before, after = (np.asarray(Image.open(io.BytesIO(data)).convert("L"), np.int16) for data in (one, other))
            apart = np.abs(before - after)
            side = len(apart)
            assert apart[: side // 3].max() > 100, preset
            assert apart[side // 2 :].max() < 3, f"{preset}: nothing changes elsewhere"


def test_an_image_as_mark_is_a_part_of_the_batch() -> None:
    target = io.BytesIO()
    Image.new("RGBA", (40, 20)).save(target, "png")
    image = data_url(target.getvalue())
    output = OutputOptions(watermark={"image": image}).model_dump()
    assert mark_of(output["watermark"]).png == target.getvalue()  # type: ignore[union-attr]
    wrong = [
        {"image": "data:image/png;base64,xx"},
        {"image": data_url(b"GIF89a")},
        {"image": data_url(target.getvalue()[:-30])},
        {"text": "照片"},
        {},
    ]
    wrong += [{"text": "a", "image": image}, {"text": "a", "opacity": 2}, {"text": "a", "size": 0}]
    for one in wrong:
        with pytest.raises(ValueError, match="watermark"):
            OutputOptions(watermark=one)
