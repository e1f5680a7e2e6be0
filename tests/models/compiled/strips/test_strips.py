"""A JPEG that is retouched strip by strip becomes, to the byte, what the whole picture would become."""

from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np
import pytest
import simplejpeg
from PIL import Image

from models.codec import Encoded, Limits, OutputOptions, Workspace, decode, encode
from models.codec.encoder import coding_of
from models.colour.table import ENTRIES, Curves, Table
from models.compiled.applier import CompiledApplier
from models.compiled.strips.strips import CELL, Libraries, StripJpeg, libraries
from models.finish import Finish
from models.picture import Coding, DoubtError, Picture, Written
from models.texture import Grain, Vignette
from tests.models.compiled.jpeg.samples import damaged, sample

SEED = 7
SIZES = [(1, 1), (3, 17), (16, 16), (33, 17), (64, 130), (131, 72), (200, 9)]
RANDOM = np.random.default_rng(3)
TABLE = RANDOM.integers(0, 1 << 30, ENTRIES, np.int32)
CURVES = RANDOM.integers(0, 256, (3, 256), np.int32) << np.array([[0], [8], [16]], np.int32)
FINISHES = {
    "nothing": (None, 0.0, 0.0),
    "curves": (Curves(CURVES.astype(np.int32), 8), 0.0, 0.0),
    "table": (Table(TABLE & 0xFFFFFF, 8), 0.0, 0.0),
    "vignette": (None, 0.8, 0.0),
    "grain": (None, 0.0, 0.5),
    "everything": (Table(TABLE, 10), 0.5, 0.5),
}


@cache
def folder() -> Path:
    return Path(mkdtemp())


@cache
def both() -> Libraries:
    there = libraries(folder())
    assert there is not None
    return there


def with_orientation(file: bytes, orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    block = b"Exif\0\0" + exif.tobytes().removeprefix(b"Exif\0\0")
    return file[:2] + b"\xff\xe1" + (len(block) + 2).to_bytes(2, "big") + block + file[2:]


def finish_of(picture: Picture, name: str) -> Finish:
    table, vignette, grain = FINISHES[name]
    return Finish(
        table,
        Vignette(vignette).analyse(*picture.pixels.shape[:2]) if vignette else None,
        Grain(grain).analyse(*picture.pixels.shape[:2]) if grain else None,
    )


def as_a_whole(file: bytes, name: str, options: OutputOptions) -> tuple[Encoded, Picture]:
    picture = decode(file, Limits(), Workspace())
    picture.pixels = np.ascontiguousarray(picture.pixels)
    CompiledApplier(folder()).finish(picture.pixels, finish_of(picture, name), SEED)
    return encode(picture, options), picture


def in_strips(file: bytes, name: str, options: OutputOptions) -> Written:
    picture = decode(file, Limits(), Workspace())
    source = picture.source
    subsampling = source.subsampling if options.subsampling == "same" else options.subsampling
    coding = coding_of(source, subsampling, options)
    jpeg = StripJpeg(both(), file, source.orientation, (source.height, source.width), coding)
    if name != "nothing":
        jpeg.finish(finish_of(picture, name), SEED)
    return jpeg.written()


def scan(file: bytes) -> bytes:
    """Everything behind the metadata."""
    return file[file.index(b"\xff\xdb") :]


def assert_same(file: bytes, name: str, **options: Any) -> None:
    whole, picture = as_a_whole(file, name, OutputOptions(**options))
    strips = in_strips(file, name, OutputOptions(**options))
    assert scan(bytes(strips.data)) == scan(whole.data)
    high, wide = (side // CELL * CELL for side in picture.pixels.shape[:2])
    cells = picture.pixels[:high, :wide].reshape(high // CELL, CELL, wide // CELL, CELL, 4)
    assert np.abs(strips.small - cells.mean(axis=(1, 3))).max(initial=0) <= 0.5


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("subsampling", ["444", "422", "420"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_each_size_sampling_and_orientation(orientation: int, subsampling: str, size: tuple[int, int]) -> None:
    file = with_orientation(sample(*size, subsampling), orientation)
    assert_same(file, "everything")


@pytest.mark.parametrize("name", FINISHES)
@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_each_change(orientation: int, name: str) -> None:
    assert_same(with_orientation(sample(150, 210, "420"), orientation), name)


@pytest.mark.parametrize("orientation", [1, 7])
@pytest.mark.parametrize(
    "options",
    [
        {"quality": 100},
        {"quality": 96},
        {"quality": 95},
        {"quality": 80},
        {"quality": 50},
        {"quality": 20},
        {"subsampling": "444"},
        {"subsampling": "422"},
    ],
)
def test_what_the_client_asks_for(options: dict[str, Any], orientation: int) -> None:
    assert_same(with_orientation(sample(70, 90, "420"), orientation), "curves", **options)


def test_restart_markers_and_bytes_behind_the_end_change_nothing() -> None:
    assert_same(sample(150, 90, restart_marker_blocks=3) + b"and more", "curves")


@pytest.mark.parametrize(
    "file",
    {
        "grey": sample(48, 40, "gray"),
        "progressive": sample(48, 40, progressive=True),
        "rgb": sample(48, 40, "444", keep_rgb=True, quality=80),
        "cut": sample(48, 40)[:-200],
        "without its end": sample(48, 40)[:-2],
        "with half an end": sample(48, 40)[:-1],
        "with stray bytes": sample(48, 40)[:20] + b"\0\1" + sample(48, 40)[20:],  # behind JFIF
    }.values(),
    ids=["grey", "progressive", "rgb", "cut", "without its end", "with half an end", "with stray bytes"],
)
def test_other_files_are_left_to_others(file: bytes) -> None:
    with pytest.raises(DoubtError):
        StripJpeg(both(), file, 1, (40, 48), Coding("420", 90)).written()


def test_a_size_that_the_file_does_not_have_is_refused() -> None:
    file = sample(48, 40)
    for width, height in [(48, 48), (40, 48), (64, 40)]:
        with pytest.raises(DoubtError):
            StripJpeg(both(), file, 1, (height, width), Coding("420", 90)).written()


def test_damage_is_refused_or_decodes_as_libjpeg_does() -> None:
    file, seen = sample(64, 48), set()
    for bad in damaged(file, 3000, seed=5):
        try:
            written = StripJpeg(both(), bad, 1, (48, 64), Coding("420", 90)).written()
        except DoubtError:
            seen.add("refused")
            continue
        pixels = simplejpeg.decode_jpeg(bad, "RGBX", strict=True)  # raises what it refuses
        assert simplejpeg.encode_jpeg(pixels, 90, "RGBX", "420") == bytes(written.data)
        seen.add("done")
    assert seen == {"refused", "done"}


def test_a_result_that_is_larger_than_any_should_be_is_left_to_others() -> None:
    noise = RANDOM.integers(0, 256, (400, 400, 3), np.uint8)
    file = simplejpeg.encode_jpeg(noise, 100, "RGB", "444")
    jpeg = StripJpeg(both(), file, 1, (400, 400), Coding("444", 100))
    with pytest.raises(DoubtError):
        jpeg.written()
