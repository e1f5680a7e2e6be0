"""RAW files: developed by LibRaw with the camera's white balance, or their own JPEG; upright, with their metadata."""

import io
import os
import subprocess
import sys
from dataclasses import asdict, replace

import cv2
import numpy as np
import pytest
from PIL import Image

from actors.messages.records import BatchSpec
from actors.worker.pixels import PixelRetoucher
from models.codec import Limits, OutputOptions, decode, encode, read_header
from models.errors import PhotoError
from presets.catalogue import Catalogue
from tests.models.codec.codec_samples import PHOTO, saved, stored, xmp_packet
from tests.models.codec.raw.raw_samples import Tags, dng, long, short, text

LIMITS = Limits()
HEIGHT, WIDTH = 96, 128
GREY, RED, BLUE = (0.2, 0.2, 0.2), (0.6, 0.1, 0.1), (0.1, 0.1, 0.6)
PREVIEW = PHOTO.resize((WIDTH, HEIGHT))


def scene(height: int = HEIGHT, width: int = WIDTH) -> np.ndarray:
    """White, red over grey, blue: one colour in each quarter."""
    quarters = np.ones((height, width, 3))
    quarters[: height // 2, width // 2 :] = RED
    quarters[height // 2 :, : width // 2] = GREY
    quarters[height // 2 :, width // 2 :] = BLUE
    return quarters


def code(linear: tuple[float, ...]) -> list[float]:
    """The numbers that sRGB (IEC 61966-2-1) has for linear light."""
    return [255 * (1.055 * value ** (1 / 2.4) - 0.055) for value in linear]


def refused(data: bytes, limits: Limits = LIMITS, raw: str = "develop") -> PhotoError:
    with pytest.raises(PhotoError) as raised:
        decode(data, limits, raw=raw)
    assert raised.value.detail.endswith(".")
    return raised.value


def test_colours_are_those_of_the_scene() -> None:
    picture = decode(dng(scene()), LIMITS)
    assert picture.pixels.shape == (HEIGHT, WIDTH, 4)
    assert (picture.pixels[..., 3] == 255).all()
    for (y, x), linear in {(20, 20): (1, 1, 1), (20, 100): RED, (80, 20): GREY, (80, 100): BLUE}.items():
        assert picture.pixels[y, x, :3] == pytest.approx(code(linear), abs=3)
    assert picture.source.icc is None, "sRGB"
    assert picture.notes == ["raw_developed", "depth_reduced"]


def test_packed_sensor_data_give_the_same_pixels() -> None:
    plain, packed = (decode(dng(scene(), packed=packed), LIMITS).pixels for packed in (False, True))
    assert (plain == packed).all()


def test_damage_in_packed_sensor_data_is_noticed() -> None:
    data = bytearray(dng(scene(), packed=True))
    data[-4000:-3990] = b"\xff\xd9" * 5
    assert refused(bytes(data)).code in ("corrupt", "truncated")


def test_what_is_grey_stays_grey_by_the_cameras_white_balance() -> None:
    ramp = np.repeat(np.tile(np.linspace(0, 1, WIDTH), (HEIGHT, 1))[..., None], 3, axis=2)
    pixels = decode(dng(ramp), LIMITS).pixels[4:-4, 4:-4, :3].astype(int)
    assert np.ptp(pixels, axis=2).max() <= 2


def test_a_photo_without_colour_is_developed_grey() -> None:
    mono: Tags = {262: short(34892), 277: short(1)}
    ramp = np.repeat(np.tile(np.linspace(0, 1, WIDTH), (HEIGHT, 1))[..., None], 3, axis=2)
    pixels = decode(dng(ramp, sensor=mono), LIMITS).pixels
    assert pixels.shape == (HEIGHT, WIDTH, 4)
    assert (pixels[..., 0] == pixels[..., 1]).all()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("how", ["develop", "embedded"])
def test_photos_are_upright(orientation: int, how: str) -> None:
    lying = np.asarray(stored(Image.fromarray((scene() * 255).astype(np.uint8)), orientation)) / 255
    preview = saved(stored(PREVIEW, orientation), "JPEG", quality=95)
    picture = decode(dng(lying, orientation=orientation, preview=preview), LIMITS, raw=how)
    assert picture.pixels.shape == (HEIGHT, WIDTH, 4)
    assert (picture.source.width, picture.source.height) == (WIDTH, HEIGHT)
    assert picture.source.orientation == orientation
    wanted = code(RED) if how == "develop" else np.asarray(PREVIEW)[20, 100]
    assert picture.pixels[20, 100, :3] == pytest.approx(wanted, abs=3 if how == "develop" else 12)


def test_the_embedded_jpeg_is_taken_to_the_bit() -> None:
    jpeg = saved(PREVIEW, "JPEG", quality=90)
    picture = decode(dng(scene(), preview=jpeg), LIMITS, raw="embedded")
    assert (picture.pixels == decode(jpeg, LIMITS).pixels).all()
    assert picture.notes == ["raw_embedded"]
    assert encode(picture, OutputOptions()).format == "jpeg"


@pytest.mark.parametrize(
    "preview",
    [None, saved(PREVIEW.resize((64, 48)), "JPEG"), saved(PREVIEW, "JPEG").replace(b"\xff\xda", b"\xff\xd9", 1)],
    ids=["none", "a small one", "a damaged one"],
)
def test_without_a_jpeg_of_full_size_a_photo_is_developed_and_says_so(preview: bytes | None) -> None:
    data = dng(scene(), preview=preview)
    picture = decode(data, LIMITS, raw="embedded")
    assert (picture.pixels == decode(data, LIMITS).pixels).all()
    assert picture.notes == ["raw_developed", "depth_reduced", "raw_preview_missing"]


def test_a_jpeg_in_adobe_rgb_says_so_and_what_is_developed_is_in_srgb() -> None:
    data = dng(scene(), preview=saved(PREVIEW, "JPEG"), exif={40961: short(65535)}, interop={1: text("R03")})
    embedded = decode(data, LIMITS, raw="embedded")
    assert embedded.source.icc is not None
    developed = decode(encode(decode(data, LIMITS), OutputOptions()).data, LIMITS)
    assert developed.source.icc is None
    assert developed.notes == []


@pytest.mark.parametrize("how", ["develop", "embedded"])
def test_metadata_is_carried_over_by_the_policy(how: str) -> None:
    data = dng(scene(), orientation=6, preview=saved(PREVIEW, "JPEG"), more={700: (1, xmp_packet())})
    picture = decode(data, LIMITS, raw=how)
    kept = encode(picture, OutputOptions())
    assert set(kept.notes) == {"gain_map_dropped", "thumbnail_dropped"}, "what XMP tells of them"
    exif = Image.open(io.BytesIO(kept.data)).getexif()
    assert (exif[271], exif[272], exif[274], exif[306]) == ("Maker", "Model 1", 1, "2024:05:06 07:08:09")
    assert {254, 256, 330, 50706, 50721}.isdisjoint(exif), "nothing of how a sensor's data are stored"
    inner = exif.get_ifd(0x8769)
    assert (inner[36867], inner[33434], inner[34855]) == ("2024:05:06 07:08:09", 0.01, 200)
    assert exif.get_ifd(0x8825)[2] == (48, 8, 15)
    assert "Käthe".encode() in kept.data
    stripped = encode(picture, OutputOptions(metadata="strip_gps"))
    assert Image.open(io.BytesIO(stripped.data)).getexif().get_ifd(0x8825) == {}
    assert b"GPSL" not in stripped.data
    assert b"Maker" not in encode(picture, OutputOptions(metadata="strip")).data


def test_a_preview_is_developed_at_half_size() -> None:
    data = dng(scene(), orientation=6)
    picture = decode(data, LIMITS, least=64)
    assert picture.pixels.shape == (64, 48, 4)
    assert (picture.source.width, picture.source.height) == (96, 128)
    assert decode(data, LIMITS, least=65).pixels.shape == (128, 96, 4)


def test_a_worker_retouches_and_previews_them(tmp_path) -> None:
    retoucher = PixelRetoucher(tmp_path, tmp_path / "models", version="test", limits=LIMITS)
    preset = Catalogue.built_in().resolve("filter_warm", None, {})
    data = dng(scene(), preview=saved(PREVIEW, "JPEG"))
    job = BatchSpec("b1", "", asdict(preset), {"raw": "embedded"}, thumbnails=True)
    done = retoucher.retouch(data, job, None)
    assert (done.format, done.width, done.height, done.notes) == ("jpeg", WIDTH, HEIGHT, ["raw_embedded"])
    assert done.thumbnail
    developed = retoucher.retouch(data, replace(job, output={}), None)
    assert developed.notes[:2] == ["raw_developed", "depth_reduced"]
    [seen] = retoucher.preview(data, [asdict(preset)], [{}], 64)
    assert (seen.width, seen.height) == (64, 48)


def test_sixteen_bits_go_into_a_tiff(tmp_path) -> None:
    """A gradient has more shades than 8 bits hold, and the same colours as in 8 bits."""
    light = np.linspace(0.02, 0.6, WIDTH)[None, :, None] * np.ones((HEIGHT, 1, 3))
    retoucher = PixelRetoucher(tmp_path, tmp_path / "models", version="test", limits=LIMITS)
    preset = asdict(Catalogue.built_in().resolve("filter_warm", None, {"strength": 0.0}))
    job = BatchSpec("test", "", preset, {"format": "tiff"}, thumbnails=False)
    done = retoucher.retouch(dng(light), job, None)
    deep = cv2.imdecode(np.frombuffer(done.data, np.uint8), cv2.IMREAD_UNCHANGED)
    assert deep is not None
    assert deep.dtype == np.uint16
    assert {"raw_developed", "sixteen_bits"} <= {*done.notes}
    assert "depth_reduced" not in done.notes
    assert len(np.unique(deep[HEIGHT // 2, :, 1])) > 100
    assert np.abs(deep[..., ::-1] / 257 - decode(dng(light), LIMITS).pixels[..., :3]).max() <= 1


def test_a_header_is_recognised_without_libraw() -> None:
    program = (
        "import sys; from tests.models.codec.raw.raw_samples import dng; import numpy as np\n"
        "from models.codec.header import Limits, read_header\n"
        "print(read_header(dng(np.ones((8, 8, 3))), Limits()).format, 'rawpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["raw", "False"]
    header = read_header(dng(scene()), LIMITS)
    assert (header.width, header.height) == (0, 0), "only LibRaw knows"


def test_one_thread_develops() -> None:
    program = (
        "import os, cv2, numpy as np; from models.codec import Limits, decode\n"
        "from tests.models.codec.raw.raw_samples import dng\n"
        "cv2.setNumThreads(1); data = dng(np.ones((256, 256, 3))); import rawpy, models.codec.raw.developing\n"
        "before = len(os.listdir('/proc/self/task')); decode(data, Limits())\n"
        "print(len(os.listdir('/proc/self/task')) - before)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"OMP_NUM_THREADS": "4"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["0"]


def test_sensors_of_gigapixels_are_refused_before_anything_is_unpacked() -> None:
    giant: Tags = {256: long(40_000), 257: long(40_000)}
    assert refused(dng(scene(), sensor=giant)).code == "too_many_pixels"
    assert refused(dng(scene(), sensor=giant), raw="embedded").code == "too_many_pixels"


def test_limits_are_the_callers() -> None:
    data = dng(scene())
    assert refused(data, Limits(max_pixels=HEIGHT * WIDTH - 1)).code == "too_many_pixels"
    assert decode(data, Limits(max_pixels=HEIGHT * WIDTH)).source.width == WIDTH


@pytest.mark.parametrize("share", [0.5, 0.8])
def test_half_a_file_is_truncated(share: float) -> None:
    data = dng(scene())
    assert refused(data[: int(len(data) * share)]).code == "truncated"


STRANGE = {
    "DNG": dng(scene(), sensor={262: short(5)}),
    "CR2": b"II*\0\x10\0\0\0CR\2\0" + bytes(5000),
    "CR3": b"\0\0\0\x18ftypcrx \0\0\0\1crx isom" + bytes(5000),
    "CRW": b"II\x1a\0\0\0HEAPCCDR" + bytes(5000),
    "MRW": b"\0MRM\0\1\0\0" + bytes(5000),
    "ORF": b"MMOR\0\0\0\x08" + bytes(5000),
    "RAF": b"FUJIFILMCCD-RAW 0201" + bytes(5000),
    "RW2": b"IIU\0\x08\0\0\0" + bytes(5000),
    "X3F": b"FOVb\0\0\2\0" + bytes(5000),
}


@pytest.mark.parametrize("kind", STRANGE)
def test_a_raw_file_that_libraw_does_not_know(kind: str) -> None:
    error = refused(STRANGE[kind])
    assert error.code == "unsupported_media"
    assert "convert it to DNG" in error.detail


@pytest.mark.parametrize("data", [dng(scene()), *STRANGE.values()])
def test_without_rawpy_the_answer_says_how_to_add_it(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.codec.header.is_installed", lambda: False)
    error = refused(data)
    assert error.code == "unsupported_media"
    assert "pip install 'photobatch[raw]'" in error.detail
