"""What is computed on a GPU, and what happens where it fails: on a fake one, or a real one where there is one."""

import json
import shutil
from dataclasses import asdict, replace

import numpy as np
import pytest
import torch
from torch import nn

from benchmarks.gpu.fake_device import FakeDevice
from models.applier import applier_for
from models.compiled.applier import CompiledApplier
from models.compiled.check import EXPECTED, digest
from models.eager import applier as eager
from models.eager.applier import EagerApplier
from models.erase.fill import Telea
from models.errors import DeviceLostError, PhotoError
from models.fallbacks import take_fallbacks
from models.finish import Finish
from models.networks import Networks
from models.neural.device import OutOfMemoryError, device_for, device_named, guarded, running
from models.neural.lama import Lama
from models.neural.restorer import Restorer
from models.neural.staging import Staging
from models.picture import Picture, Source
from models.texture import Grain, Vignette
from models.weights import Installed, WeightStore, sha256_of
from tests.checkpoints import compact_network, lama_network, write_safetensors
from tests.models.test_appliers import FINISHES, finish_of, finished, laid, patch, picture


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


def test_a_gpu_gives_the_same_bytes(gpu):
    applier = EagerApplier("cuda")
    assert digest(applier.lay, applier.finish) == EXPECTED
    assert np.array_equal(textured(applier, photo()), textured(EagerApplier("cpu"), photo()))


@pytest.mark.parametrize("steps", FINISHES.values(), ids=FINISHES.keys())
def test_a_gpu_takes_every_step_as_the_library_does(gpu, steps):
    one = picture(131, 97)
    finish = finish_of(one, **steps)
    assert np.array_equal(finished(EagerApplier("cuda"), one, finish), finished(EagerApplier("cpu"), one, finish))


def test_a_table_with_a_name_is_copied_once(fake_gpu):
    one, applier = picture(20, 30), EagerApplier("cuda")
    plain = finish_of(one, depth=8)
    finish = replace(plain, table=replace(plain.table, name="a table"))
    finished(applier, one, finish)
    first = sum(fake_gpu.copies.up.values())
    fake_gpu.copies.clear()
    finished(applier, one, finish)
    assert first > plain.table.entries.nbytes > sum(fake_gpu.copies.up.values())


def test_large_arrays_of_any_strides_go_through_little_pinned_memory(fake_gpu):
    large = photo(2000, 1500)
    patches = [patch(3, (60, 60), 16, 2000, 1500)]
    expected = laid(EagerApplier("cpu"), Picture(large, Source("png", 1500, 2000)), patches)
    fake_gpu.copies.clear()
    assert np.array_equal(laid(EagerApplier("cuda"), Picture(large, Source("png", 1500, 2000)), patches), expected)
    textured(EagerApplier("cuda"), large)
    assert "strided" not in fake_gpu.copies.up | fake_gpu.copies.down
    assert fake_gpu.copies.down["pinned"] > large.nbytes
    assert fake_gpu.copies.up["pinned"] > large.nbytes
    del expected
    torch.accelerator.empty_host_cache()
    assert fake_gpu.pinned.size == 0, "whoever is gone has left nothing pinned"


@pytest.mark.parametrize("shape", [(3, 5), (1, 70_000), (5000, 1000), (3, 2_000_000), (9_000_000,)])
def test_whatever_goes_up_comes_down(gpu, shape):
    array = np.random.default_rng(1).integers(0, 256, shape, np.uint8)
    staging = Staging(torch.device("cuda", 0))
    there = staging.up(array)
    assert np.array_equal(staging.down(there), array)
    back = np.zeros_like(np.repeat(array, 2, axis=0))[::2]
    staging.back(there, back)
    assert np.array_equal(back, array)
    assert np.array_equal(staging.down(staging.up(back)), array)


def test_memory_that_cannot_be_pinned_does_too(fake_gpu, monkeypatch):
    empty = torch.empty

    def refused(*args, pin_memory=False, **kwargs):
        if pin_memory:
            raise RuntimeError("CUDA error: out of memory")
        return empty(*args, **kwargs)

    monkeypatch.setattr(torch, "empty", refused)
    assert np.array_equal(textured(EagerApplier("cuda"), photo()), textured(EagerApplier("cpu"), photo()))
    assert set(fake_gpu.copies.down) == {"pageable"}


def test_a_photo_for_which_a_gpu_has_no_memory_is_done_on_the_cpu(fake_gpu):
    wanted = textured(EagerApplier("cpu"), photo())
    fake_gpu.memory.total = 100_000
    take_fallbacks()
    assert np.array_equal(textured(EagerApplier("cuda"), photo()), wanted)
    assert take_fallbacks() == {"pixels_on_cpu": 1}
    assert fake_gpu.memory.allocated == 0


def test_where_the_cpu_has_none_either_the_photo_fails_and_may_be_tried_again(fake_gpu, monkeypatch):
    fake_gpu.memory.total = 100_000
    applier = EagerApplier("cuda")
    monkeypatch.setattr(eager, "run", lambda *_: (_ for _ in ()).throw(MemoryError()))
    with pytest.raises(PhotoError) as failed:
        textured(applier, photo())
    assert (failed.value.code, failed.value.retryable) == ("out_of_memory", True)


@pytest.mark.parametrize("after", [0, 1, 7, 20])
def test_any_other_error_of_a_gpu_is_told_from_one_of_the_photo(fake_gpu, after):
    fake_gpu.lose("CUDA error: an illegal memory access was encountered", after=after)
    with pytest.raises(DeviceLostError):
        textured(EagerApplier("cuda"), photo())


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
        "nvImageCodec: /usr/local/cuda/src/decoder.cpp refuses the stream",
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


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    return tmp_path_factory.mktemp("library")


def test_without_a_compiler_a_gpu_takes_the_place_of_the_library(gpu, monkeypatch, tmp_path):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert "cuda" in applier_for(tmp_path, gpu=1.0).engine


def test_beside_a_gpu_the_library_changes_the_pixels(gpu, library):
    assert isinstance(applier_for(library, gpu=0.5), CompiledApplier)


@pytest.mark.parametrize(("granted", "most"), [(0.25, 20 - 0.75), (0.01, 0.4), (1.0, 80 - 0.75)])
def test_a_share_of_memory_leaves_room_for_what_cuda_takes_besides(granted, most):
    with FakeDevice(80 << 30) as device:
        assert device_for(granted) == "cuda"
        assert device.memory.fraction * 80 == pytest.approx(most)


def test_networks_compute_in_full_float32(gpu):
    assert device_for(1.0) == "cuda"
    assert torch.backends.cudnn.conv.fp32_precision == torch.backends.cuda.matmul.fp32_precision == "ieee"
    assert torch.backends.cudnn.deterministic


@pytest.fixture(scope="module")
def lama_file(tmp_path_factory):
    return write_safetensors(lama_network(), tmp_path_factory.mktemp("weights") / "lama.safetensors")


@pytest.fixture(scope="module")
def compact_file(tmp_path_factory):
    return write_safetensors(compact_network(), tmp_path_factory.mktemp("weights") / "compact.safetensors")


def square(side, hole):
    mask = np.zeros((side, side), np.uint8)
    mask[hole] = 255
    return photo(side, side)[..., :3].copy(), mask


def test_networks_on_a_gpu_give_the_same_picture(gpu, lama_file, compact_file):
    crop, mask = square(64, np.s_[20:40, 20:40])
    here, there = (Lama(lama_file, "0" * 64, device).fill([crop] * 3, [mask] * 3) for device in ("cpu", "cuda"))
    assert np.abs(np.stack(here).astype(int) - np.stack(there)).max() <= 1
    here, there = (Restorer(compact_file, "0" * 64, device).run(photo()) for device in ("cpu", "cuda"))
    assert np.abs(here.astype(int) - there).max() <= 1


def test_a_gpu_that_is_full_hands_over_to_the_cpu(gpu, lama_file):
    lama = Lama(lama_file, "0" * 64, "cuda")
    torch.cuda.set_per_process_memory_fraction(0.005)
    crop, mask = square(128, np.s_[50:80, 50:80])
    (filled,) = lama.fill([crop], [mask])
    assert np.array_equal(filled[mask == 0], crop[mask == 0])
    assert not np.array_equal(filled, Telea().fill([crop], [mask])[0])


def test_with_less_memory_fewer_squares_go_at_once(fake_gpu, lama_file):
    lama = Lama(lama_file, "0" * 64, "cuda")
    crop, mask = square(64, np.s_[20:40, 20:40])
    (alone,) = lama.fill([crop], [mask])
    fake_gpu.memory.total = int(1.02 * fake_gpu.memory.peak)
    fake_gpu.memory.peak = 0
    filled = lama.fill([crop] * 4, [mask] * 4)
    assert np.abs(np.stack(filled).astype(int) - alone).max() <= 1
    assert fake_gpu.memory.allocated > 0, "it is still there"


def test_a_restorer_with_less_memory_takes_smaller_tiles(fake_gpu, compact_file):
    restorer = Restorer(compact_file, "0" * 64, "cuda")
    expected = restorer.run(photo(200, 200), tile=256)
    fake_gpu.memory.total = fake_gpu.memory.peak // 2
    assert np.abs(restorer.run(photo(200, 200), tile=256).astype(int) - expected).max() <= 1
    assert {each.device.type for each in restorer._call.model.parameters()} == {"cuda"}


def test_a_gpu_that_is_lost_in_a_network_is_lost(fake_gpu, lama_file, compact_file):
    lama, restorer = Lama(lama_file, "0" * 64, "cuda"), Restorer(compact_file, "0" * 64, "cuda")
    crop, mask = square(64, np.s_[20:40, 20:40])
    fake_gpu.lose(after=300)
    for call in (lambda: lama.fill([crop], [mask]), lambda: restorer.run(photo())):
        with pytest.raises(DeviceLostError, match="device-side assert"):
            call()


def test_a_worker_with_a_gpu_warms_the_networks_that_are_installed(fake_gpu, compact_file, tmp_path):
    for name in ("sharper", "damaged"):
        shutil.copy(compact_file, tmp_path / f"{name}.safetensors")
        record = Installed(name, f"{name}.safetensors", sha256_of(compact_file), "")
        (tmp_path / f"{name}.json").write_text(json.dumps(asdict(record)))
    (tmp_path / "damaged.safetensors").write_bytes(b"")
    store = WeightStore(tmp_path)
    kernels = fake_gpu.kernels
    Networks(store, Telea(), gpu=0.0).warm()
    assert fake_gpu.kernels == kernels, "not on a CPU"
    networks = Networks(store, Telea(), gpu=0.5)
    networks.warm()
    assert fake_gpu.kernels > kernels
    fake_gpu.copies.clear()
    networks.restorer("sharper").run(photo())
    assert fake_gpu.copies.up["pageable"] < 100_000, "its weights are there"
    fake_gpu.lose()
    with pytest.raises(DeviceLostError):
        networks.warm()
