from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from benchmarks.gpu.fake_device import FakeDevice


@pytest.fixture
def fake_gpu() -> "Iterator[FakeDevice]":
    """A GPU that is none, which counts and can fail."""
    from benchmarks.gpu.fake_device import FakeDevice  # noqa: PLC0415  # most tests here do without torch

    with FakeDevice() as device:
        yield device


@pytest.fixture
def gpu() -> Iterator[None]:
    """The GPU of this machine, or a fake one."""
    import torch  # noqa: PLC0415

    from benchmarks.gpu.fake_device import FakeDevice  # noqa: PLC0415
    from models.neural.device import device_for  # noqa: PLC0415

    if torch.cuda.is_available():
        assert device_for(1.0) == "cuda"
        yield
        torch.cuda.set_per_process_memory_fraction(1.0)
        return
    with FakeDevice():
        yield
