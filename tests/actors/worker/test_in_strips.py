"""A filter changes a large JPEG in strips, and nobody can tell from the result."""

import io
from collections.abc import Callable

import pytest
from PIL import Image, ImageCms

from actors.worker.pixels import PixelRetoucher
from actors.worker.retoucher import Retouched
from models.codec.header import Limits
from models.codec.preview import FROM_CELLS
from models.compiled.strips.strips import StripJpeg
from models.errors import PhotoError
from models.picture import Coding
from tests.actors.worker.test_in_places import retouched
from tests.models.codec.codec_samples import gray_profile
from tests.models.compiled.jpeg.samples import sample

WIDE = sample(FROM_CELLS + 5, 43)


@pytest.fixture(scope="module")
def retoucher(tmp_path_factory: pytest.TempPathFactory) -> PixelRetoucher:
    folder = tmp_path_factory.mktemp("retoucher")
    return PixelRetoucher(folder / "tables", folder / "models", version="test", limits=Limits())


Opened = list[bool]


@pytest.fixture
def opened(retoucher: PixelRetoucher, monkeypatch: pytest.MonkeyPatch) -> Opened:
    """Whether each JPEG since could be opened in strips."""
    seen: Opened = []
    opener = retoucher._open_strips
    assert opener is not None

    def noted(data: bytes, orientation: int, height: int, width: int, coding: Coding) -> StripJpeg | None:
        jpeg = opener(data, orientation, height, width, coding)
        seen.append(jpeg is not None)
        return jpeg

    monkeypatch.setattr(retoucher, "_open_strips", noted)
    return seen


def as_a_whole(retoucher: PixelRetoucher, file: bytes, preset: str) -> Retouched:
    opener, retoucher._open_strips = retoucher._open_strips, None
    try:
        return retouched(retoucher, file, preset)
    finally:
        retoucher._open_strips = opener


def assert_same(one: Retouched, other: Retouched) -> None:
    assert (one.data, one.thumbnail, one.notes) == (other.data, other.thumbnail, other.notes)
    assert (one.jpeg, one.blocks, one.width, one.height) == (other.jpeg, other.blocks, other.width, other.height)


def test_the_result_is_that_of_the_whole_way(retoucher: PixelRetoucher, opened: Opened) -> None:
    result = retouched(retoucher, WIDE, "filter_warm")
    assert opened == [True]
    assert (result.jpeg, result.blocks, result.notes) == ("whole", None, [])
    assert Image.open(io.BytesIO(result.thumbnail or b"")).size == (360, 5)
    assert_same(result, as_a_whole(retoucher, WIDE, "filter_warm"))


def test_a_small_batch_of_a_look_without_a_table_gets_the_same_pixels(retoucher: PixelRetoucher) -> None:
    assert_same(retouched(retoucher, WIDE, "color_vintage"), as_a_whole(retoucher, WIDE, "color_vintage"))


@pytest.mark.parametrize("file", [WIDE[:-300], WIDE[:20000] + b"\xff\xd9", sample(FROM_CELLS, 43, progressive=True)])
def test_what_strips_cannot_hold_is_done_as_a_whole(retoucher: PixelRetoucher, file: bytes) -> None:
    def outcome(make: Callable[[], Retouched]) -> object:
        try:
            made = make()
        except PhotoError as error:
            return error.code, error.detail
        return made.data, made.thumbnail, made.notes

    assert outcome(lambda: retouched(retoucher, file, "filter_warm")) == outcome(
        lambda: as_a_whole(retoucher, file, "filter_warm")
    )


def with_profile(icc: bytes) -> bytes:
    target = io.BytesIO()
    Image.open(io.BytesIO(WIDE)).save(target, "JPEG", icc_profile=icc)
    return target.getvalue()


def test_a_profile_with_tables_is_converted_as_before(retoucher: PixelRetoucher, opened: Opened) -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    file = with_profile(srgb.replace(b"rTRC", b"xTRC"))
    assert_same(retouched(retoucher, file, "filter_warm"), as_a_whole(retoucher, file, "filter_warm"))
    assert opened == [True]


def test_a_grey_profile_in_a_photo_in_colour_is_left_to_others(retoucher: PixelRetoucher, opened: Opened) -> None:
    file = with_profile(gray_profile())
    assert_same(retouched(retoucher, file, "filter_warm"), as_a_whole(retoucher, file, "filter_warm"))
    assert opened == []


def test_a_resized_or_converted_result_needs_all_pixels(retoucher: PixelRetoucher, opened: Opened) -> None:
    assert retouched(retoucher, WIDE, "filter_warm", {"max_side": 500}).width == 500
    assert retouched(retoucher, WIDE, "filter_warm", {"format": "png"}).format == "png"
    assert opened == []
