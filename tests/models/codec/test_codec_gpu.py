"""JPEG by torchvision, as GPUs do it; without one its CPU half stands in, which has the same interface."""

import numpy as np
import pytest
import torch

from models.codec import Limits, OutputOptions, decode, encode
from models.codec.container.jpeg_segments import read_segments
from models.codec.gpu_jpeg import GpuJpeg
from models.errors import DeviceLostError, PhotoError
from models.fallbacks import take_fallbacks
from tests.models.codec.codec_samples import PHOTO, camera_jpeg, saved

LIMITS = Limits()
DEVICES = ["cpu", pytest.param("cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU"))]


class Counted(GpuJpeg):
    """Counts what it did."""

    def __init__(self, device):
        super().__init__(device)
        self.decoded = self.encoded = 0

    def decode(self, data, jpeg, target):
        done = super().decode(data, jpeg, target)
        self.decoded += done
        return done

    def encode(self, pixels, quality):
        done = super().encode(pixels, quality)
        self.encoded += done is not None
        return done


@pytest.fixture(params=DEVICES)
def gpu(request):
    return Counted(request.param)


@pytest.mark.parametrize("subsampling", [0, 1, 2])
def test_a_photo_is_decoded_as_on_the_cpu(gpu, subsampling):
    data = saved(PHOTO, "JPEG", quality=92, subsampling=subsampling)
    picture, wanted = decode(data, LIMITS, gpu=gpu), decode(data, LIMITS)
    assert gpu.decoded == 1
    assert picture.source == wanted.source
    difference = np.abs(picture.pixels.astype(int) - wanted.pixels)
    assert difference.mean() < (0.5 if subsampling == 0 else 2)
    assert (picture.pixels[..., 3] == 255).all()


@pytest.mark.parametrize(
    "file",
    [
        saved(PHOTO, "JPEG", progressive=True),
        saved(PHOTO.convert("L"), "JPEG"),
        saved(PHOTO.convert("CMYK"), "JPEG"),
        saved(PHOTO, "JPEG") + b"more",
        saved(PHOTO, "PNG"),
    ],
    ids=["progressive", "grey", "cmyk", "something behind it", "png"],
)
def test_what_is_not_for_it_is_decoded_as_ever(gpu, file):
    picture, wanted = decode(file, LIMITS, gpu=gpu), decode(file, LIMITS)
    assert gpu.decoded == 0
    assert np.array_equal(picture.pixels, wanted.pixels)


def test_a_jpeg_that_is_not_for_it_is_counted(gpu):
    take_fallbacks()
    decode(saved(PHOTO, "JPEG", progressive=True), LIMITS, gpu=gpu)
    assert take_fallbacks() == {"nvjpeg_unsuited": 1}


@pytest.mark.parametrize("damage", [lambda data: data[: len(data) // 2], lambda data: data[:40] + b"\xff\xd9"])
def test_a_damaged_photo_is_refused_as_ever(gpu, damage):
    data = damage(saved(PHOTO, "JPEG"))
    with pytest.raises(PhotoError) as one:
        decode(data, LIMITS, gpu=gpu)
    with pytest.raises(PhotoError) as other:
        decode(data, LIMITS)
    assert one.value.code == other.value.code


def test_a_result_whose_colours_keep_their_resolution_is_encoded_there_with_all_it_carries(gpu):
    picture = decode(camera_jpeg(), LIMITS)
    made = encode(picture, OutputOptions("jpeg", subsampling="444"), gpu)
    wanted = encode(picture, OutputOptions("jpeg", subsampling="444"))
    assert gpu.encoded == 1
    one, other = read_segments(made.data), read_segments(wanted.data)
    assert (one.exif, one.xmp, one.icc) == (other.exif, other.xmp, other.icc)
    difference = np.abs(decode(made.data, LIMITS).pixels.astype(int) - decode(wanted.data, LIMITS).pixels)
    assert difference.mean() < 2


def test_any_other_result_is_encoded_as_ever(gpu):
    picture = decode(saved(PHOTO, "JPEG"), LIMITS)
    assert encode(picture, OutputOptions(), gpu) == encode(picture, OutputOptions())
    assert gpu.encoded == 0


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_writes_colours_in_full():
    picture = decode(saved(PHOTO, "JPEG"), LIMITS)
    made = encode(picture, OutputOptions("jpeg", subsampling="444"), GpuJpeg())
    assert read_segments(made.data).subsampling == "444"


def test_a_lost_gpu_is_no_fault_of_the_photo(monkeypatch):
    def fails(*_):
        raise torch.AcceleratorError("CUDA error: an illegal memory access was encountered")

    monkeypatch.setattr("models.codec.gpu_jpeg.decode_jpeg", fails)
    monkeypatch.setattr("models.codec.gpu_jpeg.encode_jpeg", fails)
    data = saved(PHOTO, "JPEG")
    with pytest.raises(DeviceLostError):
        decode(data, LIMITS, gpu=GpuJpeg("cpu"))
    with pytest.raises(DeviceLostError):
        encode(decode(data, LIMITS), OutputOptions("jpeg", subsampling="444"), GpuJpeg("cpu"))


REFUSED = "nvjpegDecode failed: 2, …/torchvision/csrc/io/image/cuda/decode_jpegs_cuda.cpp:591"


def refuses(*_):
    raise RuntimeError(REFUSED)


def test_a_photo_that_the_gpu_refuses_is_decoded_as_ever(monkeypatch):
    monkeypatch.setattr("models.codec.gpu_jpeg.decode_jpeg", refuses)
    data = saved(PHOTO, "JPEG")
    take_fallbacks()
    assert np.array_equal(decode(data, LIMITS, gpu=GpuJpeg("cpu")).pixels, decode(data, LIMITS).pixels)
    assert take_fallbacks() == {"nvjpeg_failed": 1}


def test_a_gpu_that_refuses_because_it_is_lost_is_lost(monkeypatch):
    """A lost device shows it at the next wait."""
    waits = iter([None, torch.AcceleratorError("CUDA error: an illegal memory access was encountered")])

    def wait(_):
        if failure := next(waits):
            raise failure

    monkeypatch.setattr("models.codec.gpu_jpeg.decode_jpeg", refuses)
    monkeypatch.setattr(GpuJpeg, "_wait", wait)
    with pytest.raises(DeviceLostError):
        decode(saved(PHOTO, "JPEG"), LIMITS, gpu=GpuJpeg("cpu"))


def test_where_the_gpu_is_full_the_cpu_does_it(monkeypatch):
    def fails(*_):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr("models.codec.gpu_jpeg.decode_jpeg", fails)
    data = saved(PHOTO, "JPEG")
    assert np.array_equal(decode(data, LIMITS, gpu=GpuJpeg("cpu")).pixels, decode(data, LIMITS).pixels)
