"""A JPEG that stays on a GPU from file to file gives what the CPU gives: here nvImageCodec has libjpeg-turbo."""

import io
import os
from contextlib import nullcontext
from dataclasses import asdict

import numpy as np
import pytest
import torch
from PIL import Image
from skimage import data as skimage_data

from actors.messages.records import BatchSpec
from actors.worker.pixels import PixelRetoucher
from benchmarks.gpu.fake_device import FakeDevice
from models.codec import Limits, OutputOptions, decode, decode_in_strips, encode
from models.codec.container.jpeg_segments import read_segments
from models.errors import DeviceLostError
from models.fallbacks import take_fallbacks
from models.finish import Finish
from models.gpu_photos import jpeg_opener_for
from models.neural.installed import has_gpu_jpeg
from models.picture import DoubtError
from models.reduce import reduce_cells
from models.texture import Vignette
from presets.catalogue import Catalogue
from tests.models.codec.codec_samples import PHOTO, saved, stored

if not has_gpu_jpeg():
    if os.environ.get("CI") == "true":
        pytest.fail("nvImageCodec is not installed")
    pytest.skip("needs nvidia-nvimgcodec-cu13", allow_module_level=True)

from models.codec.gpu_jpeg import GpuJpeg, quality_like
from models.eager.device_jpeg import JpegDevice

LIMITS = Limits()
LARGE = PHOTO.resize((2881, 1203))
DATA = saved(LARGE, "JPEG", quality=92, subsampling=2)
PORTRAIT = saved(Image.fromarray(skimage_data.astronaut()[:256]).resize((2880, 1440)), "JPEG", quality=92)


@pytest.fixture(params=["cpu", "cuda"])
def shared(request):
    """What a worker shares: on the CPU, and on a GPU, which is a fake one where there is none."""
    real = request.param == "cpu" or torch.cuda.is_available()
    with nullcontext() if real else FakeDevice():
        yield JpegDevice(request.param)


def refuses_the_driver(*_):
    raise RuntimeError("CUDA driver version is insufficient for CUDA runtime version")


def opened(shared, data=DATA, options=None):
    return decode_in_strips(data, LIMITS, options or OutputOptions(), shared.open)


def turned(orientation, **settings):
    exif = Image.Exif()
    exif[0x112] = orientation
    return saved(stored(LARGE, orientation), "JPEG", quality=92, exif=exif, **settings)


def difference(one, other):
    """The mean between two files, in codes."""
    here, there = (decode(data, LIMITS).pixels.astype(int) for data in (one, other))
    return np.abs(here - there).mean()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_upright_and_its_finish_the_same(shared, orientation):
    data = turned(orientation)
    picture, wanted = opened(shared, data), decode(data, LIMITS)
    height, width = wanted.pixels.shape[:2]
    assert picture.pixels.shape == wanted.pixels.shape
    finish = Finish(vignette=Vignette(0.7).analyse(height, width))
    picture.parts.finish(finish, 3)
    shared.applier.finish(wanted.pixels, finish, 3)
    made, expected = encode(picture, OutputOptions()), encode(wanted, OutputOptions())
    assert np.abs(made.small.astype(int) - reduce_cells(wanted.pixels, 8)).max() <= 1
    assert difference(made.data, expected.data) < 1
    assert (made.width, made.height, made.jpeg) == (width, height, "whole")


@pytest.mark.parametrize("subsampling", ["444", "422", "420"])
def test_a_result_has_the_sampling_of_its_source_or_of_the_options(shared, subsampling):
    data = saved(LARGE, "JPEG", quality=88, subsampling=["444", "422", "420"].index(subsampling))
    assert read_segments(encode(opened(shared, data), OutputOptions()).data).subsampling == subsampling
    options = OutputOptions("jpeg", subsampling=subsampling, quality=60)
    made = encode(opened(shared, DATA, options), options).data
    assert read_segments(made).subsampling == subsampling
    assert difference(made, encode(decode(DATA, LIMITS), options).data) < 2


@pytest.mark.parametrize("quality", [50, 75, 92, 100])
def test_a_source_with_the_usual_tables_keeps_them(shared, quality):
    data = saved(LARGE, "JPEG", quality=quality)
    made = encode(opened(shared, data), OutputOptions()).data
    assert read_segments(made).quants == read_segments(data).quants


def test_other_tables_become_a_quality_that_is_no_coarser():
    assert quality_like((1,) * 64) == 100
    flat = (9,) * 64
    image = Image.open(io.BytesIO(saved(PHOTO, "JPEG", quality=quality_like(flat))))
    assert sum(image.quantization[0]) <= sum(flat)
    coarser = Image.open(io.BytesIO(saved(PHOTO, "JPEG", quality=quality_like(flat) - 1)))
    assert sum(coarser.quantization[0]) > sum(flat)


@pytest.mark.parametrize("step", [2, 4, 8, 16])
def test_the_reduced_picture_is_that_of_the_cpu(shared, step):
    assert np.array_equal(opened(shared).parts.reduced(step), reduce_cells(decode(DATA, LIMITS).pixels, step))


def test_what_is_read_can_be_changed_and_what_was_changed_is_not_read_again(shared):
    picture, wanted = opened(shared), decode(DATA, LIMITS)
    picture.load(100, 205, 333, 400)
    for each in (picture.pixels, wanted.pixels):
        each[210:300, 150:200, :3] = 255 - each[210:300, 150:200, :3]
    picture.load(90, 190, 433, 480)
    assert np.array_equal(picture.pixels[190:480, 90:433], wanted.pixels[190:480, 90:433])
    picture.load(2800, 1190, 5000, 5000)  # over the edge
    assert np.array_equal(picture.pixels[1190:, 2800:], wanted.pixels[1190:, 2800:])
    made, expected = encode(picture, OutputOptions()), encode(wanted, OutputOptions())
    assert difference(made.data, expected.data) < 0.1
    assert np.array_equal(made.small, reduce_cells(wanted.pixels, 8))


def test_whoever_wants_every_pixel_gets_them_from_the_cpu(shared):
    with pytest.raises(DoubtError):
        opened(shared).load_all()


@pytest.mark.parametrize(
    "file",
    [
        saved(LARGE, "JPEG", progressive=True),
        saved(LARGE.convert("L"), "JPEG"),
        saved(LARGE.convert("CMYK"), "JPEG"),
        saved(LARGE, "JPEG") + b"more",
        saved(LARGE, "PNG"),
        saved(PHOTO, "JPEG"),
        DATA[: len(DATA) // 2],
    ],
    ids=["progressive", "grey", "cmyk", "something behind it", "png", "small", "cut"],
)
def test_what_is_not_for_it_is_left_to_the_cpu(shared, file):
    assert opened(shared, file) is None


def test_whoever_takes_its_place_is_counted(shared, monkeypatch):
    take_fallbacks()
    assert opened(shared, DATA[: len(DATA) // 2]) is None
    assert take_fallbacks() == {"nvjpeg_unsuited": 1}
    picture = opened(shared)
    assert take_fallbacks() == {}
    monkeypatch.setattr(GpuJpeg, "decode", lambda *_: None)
    monkeypatch.setattr(GpuJpeg, "encode", lambda *_: None)
    assert opened(shared) is None
    with pytest.raises(DoubtError):
        encode(picture, OutputOptions())
    assert take_fallbacks() == {"nvjpeg_failed": 2}


def test_a_file_that_the_codec_refuses_is_left_to_the_cpu(shared, monkeypatch):
    monkeypatch.setattr(GpuJpeg, "decode", lambda *_: None)
    assert opened(shared) is None


def test_an_error_of_the_codec_is_left_to_the_cpu_and_logged(shared, monkeypatch, caplog):
    picture = opened(shared)

    def fails(*_):
        raise RuntimeError("nvImageCodec: no such sampling")

    monkeypatch.setattr(GpuJpeg, "decode", fails)
    monkeypatch.setattr(GpuJpeg, "encode", fails)
    assert opened(shared) is None
    with pytest.raises(DoubtError):
        encode(picture, OutputOptions())
    assert "no such sampling" in caplog.text


def test_a_result_that_cannot_be_encoded_is_left_to_the_cpu(shared, monkeypatch):
    monkeypatch.setattr(GpuJpeg, "encode", lambda *_: None)
    with pytest.raises(DoubtError):
        encode(opened(shared), OutputOptions())


def test_a_photo_goes_up_and_down_as_a_file(fake_gpu):
    shared = JpegDevice("cuda")
    picture = opened(shared)
    height, width = picture.pixels.shape[:2]
    picture.parts.finish(Finish(vignette=Vignette(0.7).analyse(height, width)), 3)
    encode(picture, OutputOptions())
    moved = sum(fake_gpu.copies.up.values()) + sum(fake_gpu.copies.down.values())
    assert moved < picture.pixels.nbytes / 32, "a thumbnail and two rows of numbers"


def test_where_the_gpu_is_full_the_cpu_does_it(fake_gpu):
    fake_gpu.memory.total = 1_000_000
    assert opened(JpegDevice("cuda")) is None
    fake_gpu.memory.total = 1 << 30
    picture = opened(JpegDevice("cuda"))
    fake_gpu.memory.total = fake_gpu.memory.allocated
    with pytest.raises(DoubtError):
        picture.parts.finish(Finish(vignette=Vignette(0.7).analyse(*picture.pixels.shape[:2])), 3)


def test_a_lost_gpu_is_no_fault_of_the_photo(fake_gpu, monkeypatch):
    picture = opened(JpegDevice("cuda"))
    shared = JpegDevice("cuda")
    monkeypatch.setattr(GpuJpeg, "decode", lambda *_: None)  # the codec does not say why
    fake_gpu.lose("CUDA error: an illegal memory access was encountered")
    with pytest.raises(DeviceLostError):
        opened(shared)
    for call in (lambda: picture.parts.reduced(4), lambda: picture.load(0, 0, 9, 9), picture.parts.written):
        with pytest.raises(DeviceLostError):
            call()


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (("models.gpu_photos.has_gpu_jpeg", lambda: False), "pip install 'photobatch[gpu]'"),
        (("models.codec.gpu_jpeg.GpuJpeg.__init__", refuses_the_driver), "driver version is insufficient"),
    ],
)
def test_without_a_codec_that_works_the_cpu_decodes_and_the_log_says_why(fake_gpu, monkeypatch, caplog, broken, said):
    assert jpeg_opener_for(0.5)[0] is not None
    monkeypatch.setattr(*broken)
    assert jpeg_opener_for(0.5) == (None, "")
    assert said in caplog.text


def test_nothing_is_opened_without_a_gpu(monkeypatch):
    assert jpeg_opener_for(0.0) == (None, "")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert jpeg_opener_for(0.5) == (None, "")


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """With the library, compiled once."""
    return tmp_path_factory.mktemp("tables")


@pytest.mark.parametrize("preset", ["filter_warm", "beauty_light"])
def test_a_worker_retouches_on_the_gpu_as_on_the_cpu(fake_gpu, monkeypatch, tables, preset):
    job = BatchSpec("test", "", asdict(Catalogue.built_in().resolve(preset, None, {})), {"quality": 92})
    kept = {"version": "test", "limits": LIMITS}
    wanted = PixelRetoucher(tables, tables / "models", **kept).retouch(PORTRAIT, job, None)
    retoucher = PixelRetoucher(tables, tables / "models", **kept, gpu_jpeg=True, gpu=1.0)
    retoucher.warm()
    encode, written = GpuJpeg.encode, []
    monkeypatch.setattr(GpuJpeg, "encode", lambda *args: written.append(encode(*args)) or written[-1])
    made = retoucher.retouch(PORTRAIT, job, None)
    assert len(written) == 1
    assert "nvimgcodec" in retoucher.engine
    assert difference(made.data, wanted.data) < 0.5
    assert (made.width, made.height, made.notes) == (wanted.width, wanted.height, wanted.notes)
    assert made.faces == wanted.faces
