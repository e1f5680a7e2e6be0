"""What GPUs do: what can be acted without one, and what runs wherever CUDA is."""

import numpy as np
import pytest
import torch
from torch import nn

from models.codec import Workspace
from models.eager import applier as eager
from models.eager.applier import EagerApplier
from models.erase.fill import Telea
from models.errors import DeviceLostError, PhotoError
from models.fallbacks import take_fallbacks
from models.finish import Finish
from models.neural.device import OutOfMemoryError, device_for, device_named, guarded, pinned, running
from models.neural.lama import Lama
from models.neural.restorer import Restorer
from models.picture import Picture, Source
from models.texture import Grain, Vignette
from tests.checkpoints import compact_network, lama_network, write_safetensors

has_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")


def photo(height=150, width=90):
    return np.random.default_rng(5).integers(0, 256, (height, width, 4), np.uint8)


def textured(applier, pixels):
    result = pixels.copy()
    picture = Picture(result, Source("png", result.shape[1], result.shape[0]))
    applier.finish(
        result,
        Finish(
            vignette=Vignette(0.5).analyse(*picture.pixels.shape[:2]),
            grain=Grain(0.5).analyse(*picture.pixels.shape[:2]),
        ),
        1,
    )
    return result


class Device(EagerApplier):
    """The CPU in the part of a GPU."""

    def __init__(self):
        super().__init__("cpu")
        self._cpu = False


def failing(monkeypatch, error, times):
    run, left = eager.run, [error] * times

    def once(*args):
        if left:
            raise left.pop()
        run(*args)

    monkeypatch.setattr(eager, "run", once)


def test_a_photo_for_which_a_gpu_has_no_memory_is_done_on_the_cpu(monkeypatch):
    wanted = textured(EagerApplier("cpu"), photo())
    failing(monkeypatch, torch.OutOfMemoryError("CUDA out of memory"), 1)
    take_fallbacks()
    assert np.array_equal(textured(Device(), photo()), wanted)
    assert take_fallbacks() == {"pixels_on_cpu": 1}


def test_where_the_cpu_has_none_either_the_photo_fails_and_may_be_tried_again(monkeypatch):
    failing(monkeypatch, MemoryError(), 2)
    with pytest.raises(PhotoError) as failed:
        textured(Device(), photo())
    assert (failed.value.code, failed.value.retryable) == ("out_of_memory", True)


def test_any_other_error_of_a_gpu_is_told_from_one_of_the_photo(monkeypatch):
    failing(monkeypatch, torch.AcceleratorError("CUDA error: an illegal memory access was encountered"), 1)
    with pytest.raises(DeviceLostError):
        textured(Device(), photo())


@pytest.mark.parametrize(
    "message",
    [
        "Unable to find a valid cuDNN algorithm to run convolution",
        "GET was unable to find an engine to execute this computation",
        "FIND was unable to find an engine to execute this computation",
        "cuDNN error: CUDNN_STATUS_ALLOC_FAILED",
    ],
)
def test_libraries_that_have_no_memory_say_so_in_words_of_their_own(message):
    with pytest.raises(OutOfMemoryError), guarded(torch.device("cpu")):
        raise RuntimeError(message)


@pytest.mark.parametrize(
    "message",
    [
        "Expected all tensors to be on the same device, but found at least two devices, cuda:0 and cpu!",
        "nvjpegDecode failed: 2, …/torchvision/csrc/io/image/cuda/decode_jpegs_cuda.cpp:591",
    ],
)
def test_a_bug_or_a_bad_photo_is_no_lost_gpu(message):
    with pytest.raises(RuntimeError, match="cuda"), guarded(torch.device("cpu")):
        raise RuntimeError(message)


def test_a_gpu_has_a_number(monkeypatch):
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 3)
    assert device_named("cuda") == torch.device("cuda:3")
    assert device_named("cuda:1") == torch.device("cuda:1")
    assert device_named("cpu") == torch.device("cpu")


class Full(nn.Linear):
    """A layer for which there is no memory the first time that it moves."""

    moves = 0

    def _apply(self, fn, recurse=True):
        self.moves += 1
        if self.moves == 1:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return super()._apply(fn, recurse)


def test_a_network_of_which_a_part_was_moved_is_moved_as_a_whole_next_time():
    network, there = nn.Sequential(nn.Linear(2, 2), Full(2, 2)), torch.device("meta")
    with pytest.raises(OutOfMemoryError), running(network, there):
        pass
    assert {each.device.type for each in network.parameters()} == {"meta", "cpu"}
    with running(network, there):
        assert {each.device.type for each in network.parameters()} == {"meta"}


@has_cuda
def test_a_gpu_gives_the_same_bytes():
    assert device_for(1.0) == "cuda"
    assert np.array_equal(textured(EagerApplier("cuda"), photo()), textured(EagerApplier("cpu"), photo()))


@has_cuda
def test_pinned_memory_is_memory_like_any_other():
    workspace = Workspace(pinned)
    pixels = workspace.take(150, 90)
    pixels[...] = photo()
    assert torch.from_numpy(pixels).is_pinned()
    assert np.array_equal(textured(EagerApplier("cuda"), pixels), textured(EagerApplier("cpu"), photo()))


@has_cuda
def test_networks_on_a_gpu_give_the_same_picture(tmp_path):
    lama = write_safetensors(lama_network(), tmp_path / "lama.safetensors")
    crops, mask = [photo(64, 64)[..., :3].copy() for _ in range(3)], np.zeros((64, 64), np.uint8)
    mask[20:40, 20:40] = 255
    here, there = (Lama(lama, "0" * 64, device).fill(crops, [mask] * 3) for device in ("cpu", "cuda"))
    assert np.abs(np.stack(here).astype(int) - np.stack(there)).max() <= 1
    compact = write_safetensors(compact_network(), tmp_path / "compact.safetensors")
    here, there = (Restorer(compact, "0" * 64, device).run(photo()) for device in ("cpu", "cuda"))
    assert np.abs(here.astype(int) - there).max() <= 1


@has_cuda
def test_a_gpu_that_is_full_hands_over_to_the_cpu(tmp_path):
    lama = Lama(write_safetensors(lama_network(), tmp_path / "lama.safetensors"), "0" * 64, "cuda")
    torch.cuda.set_per_process_memory_fraction(0.005)
    try:
        crop, mask = photo(512, 512)[..., :3].copy(), np.zeros((512, 512), np.uint8)
        mask[200:300, 200:300] = 255
        (filled,) = lama.fill([crop], [mask])
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    assert np.array_equal(filled[mask == 0], crop[mask == 0])
    assert not np.array_equal(filled, Telea().fill([crop], [mask])[0])
