"""TIFFs of rare kinds: read, or refused with words that are true; and which page is the picture."""

import subprocess
import sys
import zlib

import numpy as np
import pytest
from PIL import Image

from models.codec import Limits, decode, read_header
from models.codec.container.exif_tables import read_exif
from models.codec.container.tiff_pages import read_pages, with_picture_first
from models.errors import PhotoError
from tests.models.codec.codec_samples import PHOTO, saved
from tests.models.codec.deep_samples import deep_tiff
from tests.models.codec.tiff_samples import odd_tiff, pages

LIMITS = Limits()
SMALL = PHOTO.resize((96, 64))
TINY = SMALL.resize((24, 16))


def refused(data: bytes, code: str) -> str:
    details = []
    for look in (read_header, decode):
        with pytest.raises(PhotoError) as raised:
            look(data, LIMITS)
        assert raised.value.code == code
        details.append(raised.value.detail)
    assert details[0] == details[1]
    return details[0]


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("bits", [16, 24, 32, 64])
def test_floating_point_is_named(bits: int, channels: int, order: str) -> None:
    data = odd_tiff(bits, channels, 2 if channels > 2 else 1, order=order, t339=[3] * channels)
    assert "floating-point" in refused(data, "unsupported_bit_depth")


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("bits", [5, 10, 12, 14, 24, 32, 64])
def test_unusual_depths_are_named(bits: int, channels: int, order: str) -> None:
    data = odd_tiff(bits, channels, 2 if channels > 2 else 1, order=order)
    assert f"{bits} bits" in refused(data, "unsupported_bit_depth")


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (odd_tiff(16, 3, 8), "16 bits per channel in Lab"),
        (odd_tiff(16, 3, 9), "16 bits per channel in Lab"),
        (odd_tiff(16, 5, 5, t338=[2]), "16 bits per channel in CMYK"),
        (odd_tiff(16, 2, 1, t338=[2]), "unusual channels"),
        (odd_tiff(8, 3, 2, t339=[2, 2, 2]), "8 bits with a sign"),
        (odd_tiff(32, 3, 2, t339=[2, 2, 2]), "32 bits with a sign"),
        (odd_tiff(64, 1, 1, t339=[5]), "complex numbers"),
        (odd_tiff([5, 6, 5], 3, 2), "6 bits"),
        (odd_tiff(4, 3, 2), "4 bits"),
    ],
)
def test_other_numbers_are_named(data: bytes, why: str) -> None:
    assert why in refused(data, "unsupported_bit_depth")


@pytest.mark.parametrize(
    ("data", "why"),
    [
        *((odd_tiff(8, 3, 2, t259=[number]), "compression") for number in (50001, 33003, 33005, 34712, 34887, 50002)),
        *((odd_tiff(8, 1, 1, t259=[number]), "compression") for number in (50001, 34712, 34661)),
        (odd_tiff(8, 5, 5, t338=[2]), "CMYK with alpha"),
        (odd_tiff(8, 5, 5, t338=[1]), "CMYK with alpha"),
        (odd_tiff(8, 2, 0, t338=[2]), "unusual channels"),
        (odd_tiff(8, 3, 9), "unusual channels"),
        *((odd_tiff(8, n, 2 if n > 1 else 1, order=">", large=True), "big-endian BigTIFF") for n in (1, 3)),
        (odd_tiff(16, 3, 2, order=">", large=True), "big-endian BigTIFF"),
    ],
)
def test_kinds_that_are_not_read_are_named(data: bytes, why: str) -> None:
    detail = refused(data, "unsupported_media")
    assert why in detail
    assert ":" in detail, "it says what to do"


def test_damage_is_still_damage() -> None:
    data = bytearray(odd_tiff(8, 3, 2))
    at = int.from_bytes(data[4:8], "little")
    data[at + 2 + 12 * 5 + 2] = 9  # the type of a tag
    plain = odd_tiff(8, 3, 2, t273=[2**31])
    for bad in (plain, bytes(data[:8]) + bytes(300)):
        with pytest.raises(PhotoError) as raised:
            decode(bad, LIMITS)
        assert raised.value.code in ("corrupt", "truncated")


@pytest.mark.parametrize("bits", [1, 8, 16])
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("photometric", [0, 1])
@pytest.mark.parametrize("side", [16, 64])
def test_tiles_of_grey_are_read(side: int, photometric: int, packed: bool, bits: int) -> None:
    levels = np.random.default_rng(3).integers(0, 2**bits, (48, 64)).astype(np.uint16 if bits == 16 else np.uint8)
    tiles = []
    for top in range(0, 48, side):
        for left in range(0, 64, side):
            tile = np.zeros((side, side), levels.dtype)
            part = levels[top : top + side, left : left + side]
            tile[: part.shape[0], : part.shape[1]] = part
            raw = np.packbits(tile, axis=1).tobytes() if bits == 1 else tile.tobytes()
            tiles.append(zlib.compress(raw) if packed else raw)
    offsets = [8 + sum(map(len, tiles[:index])) for index in range(len(tiles))]
    where = {"t322": [side], "t323": [side], "t324": offsets, "t325": [len(tile) for tile in tiles]}
    data = odd_tiff(bits, 1, photometric, body=b"".join(tiles), t259=[8 if packed else 1], **where)
    want = np.rint(levels * (255 / (2**bits - 1)))
    picture = decode(data, LIMITS)
    assert (picture.pixels[..., :3] == (want if photometric else 255 - want)[..., None]).all()


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
@pytest.mark.parametrize("packing", ["none", "deflate", "packbits"])
@pytest.mark.parametrize("shared", [(1, 1), (2, 1), (1, 2), (2, 2), (4, 1), (4, 2), None])
def test_colours_that_pixels_share_are_read(shared: tuple[int, int] | None, packing: str, orientation: int) -> None:
    across, down = shared or (2, 2)
    patches = np.random.default_rng(5).integers(30, 220, (48 // down, 64 // across, 3)).astype(np.uint8)
    patches = np.asarray(Image.fromarray(patches).convert("YCbCr"))
    light = patches[..., 0]
    units = np.concatenate([np.repeat(light[..., None], across * down, -1), patches[..., 1:]], -1).tobytes()
    runs = b"".join(b"\x7f" + units[at : at + 128] for at in range(0, len(units), 128))
    body = {"none": units, "deflate": zlib.compress(units), "packbits": runs}[packing]
    number = {"none": 1, "deflate": 8, "packbits": 32773}[packing]
    subsampling = {"t530": list(shared)} if shared else {}
    data = odd_tiff(8, 3, 6, body=body, t259=[number], t274=[orientation], **subsampling)
    want = Image.fromarray(patches, "YCbCr").convert("RGB").resize((64, 48), Image.Resampling.NEAREST)
    turned = {1: want, 3: want.rotate(180), 6: want.rotate(-90, expand=True), 8: want.rotate(90, expand=True)}
    picture = decode(data, LIMITS)
    assert (picture.source.width, picture.source.height) == turned[orientation].size
    assert np.abs(picture.pixels[..., :3].astype(int) - np.asarray(turned[orientation])).max() <= 3
    assert (picture.pixels[..., 3] == 255).all()
    assert picture.notes == []


def test_shared_colours_that_are_cut_off_are_not_made_up() -> None:
    whole = odd_tiff(8, 3, 6, body=bytes(64 * 48 * 3 // 2), t530=[2, 2])
    assert decode(whole, LIMITS).notes == []
    cut = odd_tiff(8, 3, 6, body=bytes(64 * 40 * 3 // 2), t530=[2, 2], t279=[64 * 48 * 3 // 2 + 900])
    with pytest.raises(PhotoError, match="truncated"):
        decode(cut, LIMITS)


def files(deep: bool) -> list[bytes]:
    if deep:
        return [deep_tiff(np.asarray(image).astype(np.uint16) * 257) for image in (TINY, SMALL)]
    return [saved(image, "TIFF", compression="tiff_lzw") for image in (TINY, SMALL)]


@pytest.mark.parametrize("deep", [False, True])
def test_the_picture_is_the_page_that_is_not_reduced(deep: bool) -> None:
    tiny, small = files(deep)
    depth = ["depth_reduced"] if deep else []
    cases = {
        (1, 0): ([tiny, small], [*depth, "thumbnail_dropped"]),
        (1, 1, 0): ([tiny, tiny, small], [*depth, "thumbnail_dropped"]),
        (1, 5, 0): ([tiny, tiny, small], [*depth, "thumbnail_dropped"]),
        (1, 4, 0): ([tiny, tiny, small], [*depth, "thumbnail_dropped"]),
        (1, 2): ([tiny, small], [*depth, "thumbnail_dropped"]),  # a page of a document
        (1, 0, 0): ([tiny, small, tiny], [*depth, "first_frame_only", "thumbnail_dropped"]),
        (0, 1): ([small, tiny], [*depth, "first_frame_only"]),
        (0, 0): ([small, tiny], [*depth, "first_frame_only"]),
        (1,): ([small], depth),
        (1, 1): ([small, tiny], [*depth, "first_frame_only"]),
    }
    for kinds, (parts, notes) in cases.items():
        data = pages(parts, list(kinds))
        assert (read_header(data, LIMITS).width, read_header(data, LIMITS).height) == SMALL.size, kinds
        picture = decode(data, LIMITS)
        assert (picture.pixels[..., :3] == np.asarray(SMALL)).all(), kinds
        assert picture.notes == notes, kinds


@pytest.mark.parametrize("deep", [False, True])
def test_what_only_the_thumbnail_s_page_tells_is_kept(deep: bool) -> None:
    told = saved(TINY, "TIFF", tiffinfo={315: "Käthe", 282: 10.0}, compression="tiff_lzw")
    picture = decode(pages([told, files(deep)[1]], [1, 0]), LIMITS)
    exif = read_exif(picture.source.exif or b"")
    assert exif.root[315].data.rstrip(b"\0") in ("Käthe".encode(), b"K?the")
    assert 282 not in exif.root, "the resolution is the thumbnail's"
    assert picture.notes == [*(["depth_reduced"] if deep else []), "thumbnail_dropped"]


@pytest.mark.parametrize("code", [4, 13])
def test_a_camera_s_raw_file_behind_a_thumbnail_stays_one(code: int) -> None:
    data = bytearray(pages([saved(TINY, "TIFF", tiffinfo={330: 8}), files(False)[1]], [1, 0]))
    at = data.index(bytes.fromhex("4a01"), int.from_bytes(data[4:8], "little"))
    data[at + 2] = code  # of the offsets of further pictures
    assert read_header(bytes(data), LIMITS).format == "raw"


def test_a_mosaic_is_a_raw_file() -> None:
    assert read_header(odd_tiff(8, 1, 32803), LIMITS).format == "raw"


def test_a_giant_behind_a_thumbnail_is_seen() -> None:
    data = pages(files(False), [1, 0])
    for look in (read_header, decode):
        with pytest.raises(PhotoError, match="too_many_pixels"):
            look(data, Limits(max_pixels=96 * 64 - 1))


def test_pages_that_lead_nowhere_or_in_circles_end() -> None:
    tiny = files(False)[0]
    data = bytearray(pages([tiny, tiny], [1, 1]))
    first = int.from_bytes(data[4:8], "little")
    end = first + 2 + 12 * int.from_bytes(data[first : first + 2], "little")
    for following in (first, 7, len(data) - 3, 2**32 - 1):
        data[end : end + 4] = following.to_bytes(4, "little")
        assert len(list(read_pages(bytes(data)))) <= 2
        assert with_picture_first(bytes(data)) == data


def test_a_damaged_tiff_leaves_no_line_on_stderr() -> None:
    data = bytearray(saved(PHOTO, "TIFF", compression="tiff_lzw"))
    data[2000:2100] = bytes(100)
    webp = odd_tiff(8, 3, 2, t259=[50001])
    program = (
        "from models.codec import Limits, decode\n"
        "from models.errors import PhotoError\n"
        f"for file in ({bytes(data)!r}, {webp!r}):\n"
        "    try: decode(file, Limits())\n"
        "    except PhotoError as refusal: print(refusal.code)\n"
    )
    done = subprocess.run([sys.executable, "-"], input=program, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["corrupt", "unsupported_media"]
    assert done.stderr == ""


def test_an_alpha_of_grey_stays() -> None:
    image = Image.merge("LA", [SMALL.convert("L"), Image.linear_gradient("L").resize(SMALL.size)])
    picture = decode(saved(image, "TIFF"), LIMITS)
    assert (picture.pixels[..., 3] == np.asarray(image)[..., 1]).all()
