"""The fake GPU is as strict as a real one."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from benchmarks.gpu.fake_device import DeviceTensor, FakeDevice


@pytest.fixture
def gpu() -> Iterator[FakeDevice]:
    with FakeDevice() as device:
        yield device


@pytest.mark.parametrize(
    "mixed",
    [
        lambda here, there: here + there,
        lambda here, there: there.add_(here),
        lambda here, there: there[here.long()],
        lambda here, there: torch.cat([here, there]),
    ],
)
def test_operations_that_mix_devices_are_refused(gpu, mixed):
    with pytest.raises(RuntimeError, match="two devices, cuda:0 and cpu"):
        mixed(torch.ones(3), torch.ones(3, device="cuda"))


def test_numbers_are_read_after_a_copy_alone(gpu):
    there = torch.arange(6, device="cuda").view(2, 3)
    with pytest.raises(TypeError, match="can't convert cuda:0"):
        there.numpy()
    assert isinstance(there[1] * 2, DeviceTensor)
    assert (there[1] * torch.tensor(2)).cpu().tolist() == [6, 8, 10]
    assert there.sum().item() == 15
    assert there.device == torch.device("cuda:0")


def test_copies_are_counted_by_the_memory_of_the_host(gpu):
    pinned, pageable = torch.zeros(8, pin_memory=True), torch.zeros(8)
    strided = torch.zeros(16)[::2]
    for here in (pinned, pageable, strided):
        there = here.to("cuda")
        here.copy_(there)
        there.clone()
    assert gpu.copies.up == gpu.copies.down == {"pinned": 32, "pageable": 32, "strided": 32}


def test_a_copy_that_does_not_block_arrives_when_somebody_waits(gpu):
    there, here = torch.arange(8, device="cuda"), torch.zeros(8, dtype=torch.int64, pin_memory=True)
    here.copy_(there, non_blocking=True)
    assert here.tolist() != list(range(8))
    torch.cuda.current_stream().synchronize()
    assert here.tolist() == list(range(8))


def test_an_event_waits_for_what_was_before_it(gpu):
    first, second = (torch.zeros(4, pin_memory=True) for _ in range(2))
    first.copy_(torch.ones(4, device="cuda"), non_blocking=True)
    event = torch.cuda.Event()
    event.record()
    second.copy_(torch.ones(4, device="cuda"), non_blocking=True)
    event.synchronize()
    assert first.tolist() == [1] * 4
    assert second.tolist() != [1] * 4


def test_pinned_memory_that_changes_too_early_is_noticed(gpu):
    here = torch.zeros(4, pin_memory=True)
    torch.empty(4, device="cuda").copy_(here, non_blocking=True)
    here.fill_(1)
    with pytest.raises(AssertionError, match="while the GPU read it"):
        torch.cuda.synchronize()


def test_memory_ends_and_comes_back(gpu):
    gpu.memory.total = 1000
    torch.cuda.set_per_process_memory_fraction(0.5)
    held = torch.zeros(100, device="cuda")
    view = held[50:]
    with pytest.raises(torch.OutOfMemoryError):
        torch.zeros(100, device="cuda")
    del held
    assert torch.cuda.memory_allocated() == 400, "a view holds it"
    del view
    assert torch.zeros(100, device="cuda").sum().item() == 0


def test_a_lost_device_stays_lost(gpu):
    there = torch.ones(2, device="cuda")
    gpu.lose("CUDA error: device-side assert triggered", after=1)
    there.add_(1)
    for failing in (lambda: there.add_(1), there.cpu, torch.cuda.synchronize):
        with pytest.raises(torch.AcceleratorError, match="device-side assert"):
            failing()
    assert torch.ones(2).sum() == 2, "the CPU works"


def test_a_thread_uses_it_on_a_stream(gpu):
    def work(number: int) -> list[float]:
        with torch.cuda.stream(torch.cuda.Stream()), torch.inference_mode():
            return torch.full((3,), float(number), device="cuda").add(1).cpu().tolist()

    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(work, range(3))) == [[n + 1.0] * 3 for n in range(3)]


def test_a_graph_repeats_what_was_captured_with_what_is_there_now(gpu):
    source = torch.ones(3, device="cuda")
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        made = (source * 2).sum()
        with pytest.raises(torch.AcceleratorError, match="capturing"):
            made.cpu()
    source.fill_(5)
    graph.replay()
    assert made.item() == 30


def test_a_module_moves_there_and_back(gpu):
    network = torch.nn.Sequential(torch.nn.Conv2d(3, 2, 3), torch.nn.BatchNorm2d(2)).eval()
    image = torch.from_numpy(np.random.default_rng(1).random((1, 3, 8, 8), np.float32))
    with torch.inference_mode():
        here = network(image)
        there = network.to("cuda")(image.to("cuda"))
        assert {each.device.type for each in network.state_dict().values()} == {"cuda"}
        assert torch.equal(there.cpu(), here)
        assert torch.equal(network.to("cpu")(image), here)


def test_nothing_of_it_stays():
    before = torch.cuda.is_available()
    with FakeDevice():
        assert torch.cuda.is_available()
    assert torch.cuda.is_available() == before
