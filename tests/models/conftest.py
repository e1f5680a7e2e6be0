from collections.abc import Iterator

import pytest
import torch

from benchmarks.gpu.fake_device import FakeDevice
from models.neural.device import device_for


@pytest.fixture
def fake_gpu() -> Iterator[FakeDevice]:
    """A GPU that is none, which counts and can fail."""
    with FakeDevice() as device:
        yield device


@pytest.fixture
def gpu() -> Iterator[None]:
    """The GPU of this machine, or a fake one."""
    if torch.cuda.is_available():
        assert device_for(1.0) == "cuda"
        yield
        torch.cuda.set_per_process_memory_fraction(1.0)
        return
    with FakeDevice():
        yield
