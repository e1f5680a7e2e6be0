"""HDR photos stay HDR: by the eyes of libvips, which reads what we write and writes what we read."""

import io
import subprocess
from collections.abc import Callable
from dataclasses import asdict

import numpy as np
import pytest
import simplejpeg
from PIL import Image

from actors.messages.records import BatchSpec
from actors.worker.pixels import PixelRetoucher
from models.codec import Limits, OutputOptions, decode, encode
from models.codec.container import jpeg_segments
from models.codec.container.iso_maps import with_main
from models.codec.gain_map import iso
from models.codec.gain_map.adobe import announced
from models.codec.gain_map.iso import UnknownError
from models.gain_map import Channel, Scale
from presets.catalogue import Catalogue
from tests.models.codec.gain_map.hdr_samples import (
    HEADROOM,
    MOST,
    SUN,
    apple_heic,
    apple_photo,
    is_hdr,
    linear,
    rendition,
    standard,
    standard_heic,
    ultra_hdr,
)

BRIGHT = np.s_[SUN[1] - 15 : SUN[1] + 15, SUN[0] - 15 : SUN[0] + 15]


@pytest.fixture(scope="module")
def retoucher(tmp_path_factory: pytest.TempPathFactory) -> PixelRetoucher:
    folder = tmp_path_factory.mktemp("tables")
    return PixelRetoucher(folder, folder / "models", version="test", limits=Limits())


def result(retoucher: PixelRetoucher, photo: bytes, preset: str, output: dict | None = None, **params: object):
    resolved = Catalogue.built_in().resolve(preset, None, params)
    return retoucher.retouch(photo, BatchSpec("test", "", asdict(resolved), output or {}, thumbnails=False), None)


def again(photo: bytes, **options: object):
    return encode(decode(photo, Limits()), OutputOptions(**options))


def off(one: np.ndarray, other: np.ndarray) -> float:
    """By how many stops two pictures in linear light differ, on average where there is light."""
    lit = (one > 0.05) & (other > 0.05)
    return float(np.abs(np.log2(one[lit] / other[lit])).mean())


def test_a_photo_that_is_only_encoded_again_is_as_bright_as_it_was() -> None:
    done = again(ultra_hdr())
    assert "gain_map_dropped" not in done.notes
    assert "mpf_dropped" not in decode(ultra_hdr(), Limits()).notes
    before, after = rendition(ultra_hdr()), rendition(done.data)
    assert before[BRIGHT].mean() > 1.5
    assert off(before, after) < 0.03


@pytest.mark.parametrize("orientation", [2, 3, 6])
def test_the_map_is_turned_with_its_picture(orientation: int) -> None:
    upright = rendition(again(ultra_hdr()).data)
    turned = rendition(again(ultra_hdr(orientation)).data)
    assert off(upright, turned) < 0.08


@pytest.mark.parametrize("side", [300, 150])
def test_it_shrinks_with_its_picture(retoucher: PixelRetoucher, side: int) -> None:
    done = result(
        retoucher, ultra_hdr(), "filter_warm", {"max_side": side}, temperature=0.0, tint=0.0, hsl={}, curve={}
    )
    shown = rendition(done.data)
    assert shown.shape[1] == side
    x, y, size = (value * side / 512 for value in SUN)
    near = np.s_[int(y - size / 4) : int(y + size / 4), int(x - size / 4) : int(x + size / 4)]
    assert shown[near].mean() == pytest.approx(rendition(ultra_hdr())[BRIGHT].mean(), rel=0.15)


@pytest.mark.parametrize("metadata", ["keep", "strip_gps", "strip"])
def test_it_is_picture_and_stays_whatever_becomes_of_metadata(metadata: str) -> None:
    assert is_hdr(again(ultra_hdr(), metadata=metadata).data)


def test_who_wants_none_gets_none() -> None:
    done = again(ultra_hdr(), hdr="drop")
    assert not is_hdr(done.data)
    assert "gain_map_dropped" in done.notes
    assert len(done.data) < len(ultra_hdr())


@pytest.mark.parametrize("name", ["png", "webp", "avif", "tiff"])
def test_other_formats_say_that_it_goes(name: str) -> None:
    assert "gain_map_dropped" in again(ultra_hdr(), format=name).notes


def test_apple_s_map_becomes_one_that_all_can_read() -> None:
    done = again(apple_photo())
    shown, plain = rendition(done.data), linear(standard(done.data))
    for columns, gain in ((np.s_[:, 20:230], HEADROOM), (np.s_[:, 290:], 1.0)):
        lit = plain[columns] > 0.05
        assert np.median(shown[columns][lit] / plain[columns][lit]) == pytest.approx(gain, rel=0.04)


@pytest.mark.parametrize("orientation", [1, 6, 3])
@pytest.mark.parametrize("make", [apple_heic, standard_heic])
def test_a_heic_becomes_an_hdr_jpeg(make: Callable[[int], bytes], orientation: int) -> None:
    photo = make(orientation)
    picture = decode(photo, Limits())
    done = encode(picture, OutputOptions())
    assert done.format == "jpeg"
    assert "gain_map_dropped" not in [*picture.notes, *done.notes]
    plain, shown = linear(standard(done.data)), rendition(done.data)
    small = np.asarray(Image.fromarray(standard(done.data)).resize((64, 48) if orientation != 6 else (48, 64)))
    wanted = 1 + (HEADROOM - 1) * linear(small) if make is apple_heic else 2 ** (MOST * small / 255)
    gains = np.asarray(
        Image.fromarray((shown / np.maximum(plain, 1e-3))[..., 0].astype(np.float32)).resize(small.shape[1::-1])
    )
    lit = small[..., 0] > 60
    assert np.median(np.abs(gains[lit] / wanted[..., 0][lit] - 1)) < 0.1


def test_a_look_leaves_each_pixel_as_many_stops_brighter(retoucher: PixelRetoucher) -> None:
    """So exposure and white balance are what they would be on the HDR picture, but where the look clips."""
    done = result(
        retoucher,
        ultra_hdr(),
        "filter_cool",
        {"quality": 97},
        temperature=0.0,
        tint=0.0,
        hsl={},
        curve={},
        exposure=-1.0,
    )
    half, full = rendition(done.data), rendition(ultra_hdr())
    assert off(half * 2, full) < 0.06
    ratios = [rendition(each) / np.maximum(linear(standard(each)), 1e-3) for each in (ultra_hdr(), done.data)]
    assert np.abs(np.log2(np.maximum(ratios[1], 1e-3) / np.maximum(ratios[0], 1e-3)))[BRIGHT].mean() < 0.06


def test_black_and_white_is_grey_on_an_hdr_screen_too(retoucher: PixelRetoucher) -> None:
    shown = rendition(result(retoucher, ultra_hdr(), "color_mono", {"subsampling": "444", "quality": 97}).data)
    bright = shown[BRIGHT]
    assert bright.mean() > 1
    assert (np.ptp(bright, axis=2) / bright.max(axis=2)).mean() < 0.03


def test_what_is_erased_leaves_no_glow(retoucher: PixelRetoucher) -> None:
    x, y, size = SUN
    box = [x - 2 * size, y - 2 * size, 4 * size, 4 * size]
    regions = {"unit": "px", "boxes": [[max(0, value) for value in box]]}
    done = result(retoucher, ultra_hdr(), "erase", None, regions=regions)
    before, after = (rendition(each) / np.maximum(linear(standard(each)), 1e-3) for each in (ultra_hdr(), done.data))
    around = np.median(before[10:290, x + 2 * size + 5 : x + 2 * size + 15])
    assert np.median(before[BRIGHT]) > 2 * around
    assert np.median(after[BRIGHT]) < 1.2 * around


def test_beauty_stays_smooth_on_an_hdr_screen(retoucher: PixelRetoucher) -> None:
    """Where skin was smoothed the map has lost its texture too; where nothing was done it is the same."""
    noisy = decode(ultra_hdr(), Limits())
    assert noisy.gain_map is not None
    noise = np.random.default_rng(3).integers(-20, 20, noisy.gain_map.samples.shape)
    noisy.gain_map = noisy.gain_map.changed(np.clip(noisy.gain_map.samples + noise + 40, 0, 255).astype(np.uint8))
    photo = encode(noisy, OutputOptions()).data
    done = result(retoucher, photo, "beauty_heavy")
    before, after = (decode(each, Limits()).gain_map.samples.astype(float) for each in (photo, done.data))  # type: ignore[union-attr]
    cheek, suit = np.s_[57:65, 121:127], np.s_[140:180, 60:100]  # of a map of half the size
    assert after[cheek].std() < 0.6 * before[cheek].std()
    assert np.abs(after[suit] - before[suit]).mean() < 3


def test_exiftool_finds_no_fault(tmp_path) -> None:
    file = tmp_path / "result.jpg"
    file.write_bytes(again(ultra_hdr()).data)
    told = subprocess.run(
        ["exiftool", "-validate", "-warning", "-a", "-G1", file], capture_output=True, text=True, check=False
    )
    assert "Number Of Images" in subprocess.run(["exiftool", file], capture_output=True, text=True, check=False).stdout
    assert "MPF" not in told.stdout


def test_the_picture_itself_is_the_same_with_and_without(retoucher: PixelRetoucher) -> None:
    kept, dropped = (result(retoucher, ultra_hdr(), "filter_warm", {"hdr": how}).data for how in ("keep", "drop"))
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(kept))), np.asarray(Image.open(io.BytesIO(dropped))))


NUMBERS = Scale(
    tuple(Channel(-0.5 * n, 2.25 + n, 0.75, 1 / 64, 1 / 128) for n in range(3)), 0.25, 3.5, in_base_colours=False
)


@pytest.mark.parametrize("scale", [NUMBERS, Scale((Channel(),)), Scale((Channel(0, 6.64386, 1, 0, 0),), 0, 6.64386)])
def test_the_numbers_of_the_standard_come_back(scale: Scale) -> None:
    back = iso.read(iso.written(scale).removeprefix(iso.SEGMENT))
    for one, other in zip(back.channels, scale.channels, strict=True):
        assert asdict(one) == pytest.approx(asdict(other), abs=1e-6)
    assert (back.capacity_min, back.capacity_max) == pytest.approx((scale.capacity_min, scale.capacity_max), abs=1e-6)
    assert back.in_base_colours == scale.in_base_colours


def test_damaged_numbers_are_no_numbers() -> None:
    block = iso.written(NUMBERS).removeprefix(iso.SEGMENT)
    for length in range(len(block)):
        with pytest.raises(UnknownError):
            iso.read(block[:length])
    for seed in range(300):
        random = np.random.default_rng(seed)
        broken = bytearray(block)
        for at in random.integers(0, len(block), 3):
            broken[at] = random.integers(256)
        try:
            assert iso.read(bytes(broken)).sound
        except UnknownError:
            continue


def test_a_length_that_no_file_has_costs_no_photo() -> None:
    xmp = announced(None, 7).replace(b'Item:Length="7"', b'Item:Length="' + b"9" * 5000 + b'"')
    file = jpeg_segments.splice(simplejpeg.encode_jpeg(np.zeros((16, 16, 3), np.uint8), 90), None, xmp, None)
    assert decode(file, Limits()).pixels.shape == (16, 16, 4)


def test_an_item_with_a_long_number_is_no_main_picture() -> None:
    assert with_main(standard_heic(), 70_000) is None


@pytest.mark.parametrize("photo", [ultra_hdr, apple_photo])
def test_a_damaged_map_costs_no_photo(photo) -> None:
    """Whatever happens to the bytes behind the picture, the picture comes out, with the map or with a note."""
    whole = photo()
    end = whole.find(b"\xff\xd9\xff\xd8") + 2
    for seed in range(60):
        random = np.random.default_rng(seed)
        broken = bytearray(whole)
        for at in random.integers(end, len(whole), 1 + seed % 20):
            broken[at] = random.integers(256)
        cut = len(whole) if seed % 3 else int(random.integers(end, len(whole)))
        picture = decode(bytes(broken[:cut]), Limits())
        done = encode(picture, OutputOptions())
        assert (
            is_hdr(done.data) or "gain_map_dropped" in [*picture.notes, *done.notes] or "mpf_dropped" in picture.notes
        )
