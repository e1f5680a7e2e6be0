"""JPEGs that are unusual or slightly damaged: a photo that is all there comes out, and notes say what is true."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from models.codec import Limits, OutputOptions, decode, decode_in_places, encode
from models.compiled.jpeg import partial
from models.errors import PhotoError
from tests.models.codec.codec_samples import PHOTO, camera_jpeg, exif_block, gray_profile, saved, stored
from tests.models.codec.jpeg_samples import of_sampling
from tests.models.codec.text_samples import with_segments

LIMITS = Limits()
DAMAGE = "damage_tolerated"
SMALL = PHOTO.resize((203, 150))
FILES = {
    "4:2:0": saved(SMALL, "JPEG"),
    "4:4:4": saved(SMALL, "JPEG", subsampling=0),
    "with restarts": saved(SMALL, "JPEG", restart_marker_blocks=3),
    "progressive": saved(SMALL, "JPEG", progressive=True),
    "grey": saved(SMALL.convert("L"), "JPEG"),
    "progressive grey": saved(SMALL.convert("L"), "JPEG", progressive=True),
    "grey with a profile": saved(SMALL.convert("L"), "JPEG", icc_profile=gray_profile()),
    "inks": saved(SMALL.convert("CMYK"), "JPEG"),
    "progressive inks": saved(SMALL.convert("CMYK"), "JPEG", progressive=True),
    "of a camera": camera_jpeg(),
}
EVERY = pytest.mark.parametrize("name", FILES)


def places(data: bytes) -> Iterator[int]:
    """Yield where each segment but the first begins, up to the first scan."""
    at = 2
    while data[at + 1] != 0xDA:
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        yield at


@EVERY
@pytest.mark.parametrize("stray", [b"\0", b"\0\x11\x22\x33", bytes(500), b"\xff" * 5, b"\xff\0" * 3])
def test_stray_bytes_between_segments_change_nothing(name: str, stray: bytes) -> None:
    want = decode(FILES[name], LIMITS)
    pixels, notes = want.pixels.copy(), want.notes
    for at in places(FILES[name]):
        picture = decode(FILES[name][:at] + stray + FILES[name][at:], LIMITS)
        assert (picture.pixels == pixels).all()
        assert picture.notes == notes


@pytest.mark.parametrize("name", ["4:2:0", "progressive", "grey"])
def test_damage_behind_stray_bytes_is_told(name: str) -> None:
    data = bytearray(FILES[name])
    scan = data.rindex(b"\xff\xda")
    data[scan + 200 : scan + 203] = b"\xff\xd9\xff"  # the picture ends here, it says
    at = next(places(FILES[name]))
    assert DAMAGE in decode(bytes(data), LIMITS).notes
    assert DAMAGE in decode(bytes(data[:at]) + b"\0\1\2" + bytes(data[at:]), LIMITS).notes


@EVERY
@pytest.mark.parametrize("missing", [1, 2])
def test_a_jpeg_that_lacks_only_its_end_is_whole(name: str, missing: int) -> None:
    want = decode(FILES[name], LIMITS)
    pixels, notes = want.pixels.copy(), want.notes
    picture = decode(FILES[name][:-missing], LIMITS)
    assert (picture.pixels == pixels).all()
    assert set(picture.notes) == {*notes, DAMAGE}
    assert len(picture.notes) == len(set(picture.notes))


@EVERY
def test_a_jpeg_that_lacks_more_is_cut_off(name: str) -> None:
    data = FILES[name]
    for kept in [*range(len(data) - 40, len(data) - 3), *range(data.index(b"\xff\xda"), len(data) - 40, 97)]:
        with pytest.raises(PhotoError, match="truncated"):
            decode(data[:kept], LIMITS)


@pytest.mark.parametrize("name", [name for name in FILES if "progressive" in name])
def test_a_progressive_jpeg_that_lacks_a_scan_is_cut_off(name: str) -> None:
    data, at = FILES[name], FILES[name].index(b"\xff\xda")
    ends = []
    while (at := data.find(b"\xff", at + 1)) >= 0:
        if data[at + 1] in (0xC4, 0xDA):  # tables or the next scan: a scan ends
            ends.append(at)
    assert len(ends) > 5
    for end in ends:
        with pytest.raises(PhotoError, match="truncated"):
            decode(data[:end], LIMITS)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for all tests here: the compiled library and tables are made once."""
    return tmp_path_factory.mktemp("folder")


@pytest.mark.parametrize("name", ["4:2:0", "4:4:4", "with restarts", "grey"])
def test_without_an_end_or_with_stray_bytes_a_jpeg_is_not_changed_in_places(name: str, folder: Path) -> None:
    data = FILES[name]
    at = next(places(data))
    opener = partial.opener(folder, lambda *_: 1)
    assert opener is not None
    assert decode_in_places(data, LIMITS, opener) is not None
    for file in (data[:-2], data[:-1], data[:at] + b"\0\1" + data[at:]):
        assert decode_in_places(file, LIMITS, opener) is None


@pytest.mark.parametrize("orientation", [1, 6])
def test_a_jpeg_changed_in_places_has_the_same_metadata(orientation: int, folder: Path) -> None:
    photo = stored(SMALL.resize((208, 152)), orientation)  # whole blocks, so that they can be turned
    data = saved(photo, "JPEG", subsampling=0, dpi=(240, 120), comment="Größe".encode("latin-1"))
    data = with_segments(data, (0xE1, b"Exif\0\0" + exif_block(orientation, size=(208, 152))))
    opener = partial.opener(folder, lambda *_: 1)
    assert opener is not None
    in_places = decode_in_places(data, LIMITS, opener)
    assert in_places is not None
    one, other = (encode(each, OutputOptions()) for each in (in_places, decode(data, LIMITS)))
    assert (one.jpeg, other.jpeg) == ("partial" if orientation == 1 else "coefficients", "whole")
    assert one.notes == other.notes
    heads = [written.data[: written.data.index(b"\xff\xdb")] for written in (one, other)]
    assert heads[0] == heads[1]
    assert b"\xff\xfe\0\x07Gr\xf6\xdfe" in heads[0]


@pytest.mark.parametrize(
    ("luma", "chroma"),
    [((4, 2), (1, 1)), ((2, 4), (1, 1)), ((3, 1), (1, 1)), ((1, 3), (1, 1)), ((3, 2), (1, 1)), ((2, 2), (1, 2))],
)
def test_unusual_sampling_is_no_damage(luma: tuple[int, int], chroma: tuple[int, int]) -> None:
    levels = np.random.default_rng(4).integers(40, 110, (12, 12)) * 2
    picture = decode(of_sampling(levels, luma, chroma), LIMITS)
    assert picture.notes == []
    assert (picture.pixels[..., :3] == levels.repeat(8, 0).repeat(8, 1)[..., None]).all()


def test_damage_of_grey_and_colour_is_told() -> None:
    for name in ("4:2:0", "grey"):
        data = bytearray(FILES[name])
        del data[data.rindex(b"\xff\xda") + 300 :]
        picture = decode(bytes(data) + b"\xff\xd9", LIMITS)
        assert picture.notes == [DAMAGE]
