"""Versions, the pixels of every step, tests, copies, and the loss of the GPU."""

import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import simplejpeg
import torch

from benchmarks.gpu.plan import Plan, Report, seconds
from benchmarks.record.stamp import stamp
from models.compiled.check import EXPECTED, digest
from models.eager.applier import EagerApplier
from models.eager.device_jpeg import JpegDevice
from models.errors import DeviceLostError
from models.neural.device import guarded
from models.neural.staging import Staging
from models.picture import Coding

_ROOT = Path(__file__).parents[2]
_TESTS = ("tests/models/test_cuda.py", "tests/models/eager")
_PACKAGES = ("torch", "nvidia-cudnn-cu13", "nvidia-nvimgcodec-cu13", "nvidia-nvjpeg", "spandrel")


def versions(plan: Plan) -> Report:
    """Return what is here, and whether the GPU makes the same pixels of every step as the CPU."""
    applier = EagerApplier("cuda")
    free, total = torch.cuda.mem_get_info()
    return {
        "stamp": stamp(),
        "gpu": torch.cuda.get_device_name(),
        "memory_bytes": total,
        "outside_torch_bytes": total - free - torch.cuda.memory_reserved(),
        "cuda": torch.version.cuda,
        "packages": {name: _version(name) for name in _PACKAGES},
        "same_pixels": digest(applier.lay, applier.finish) == EXPECTED,
    }


def tests(plan: Plan) -> Report:
    """Run the tests of what a GPU does; of a fake one a single test."""
    chosen = ["-k", "gives_the_same_bytes"] if plan.fake else []
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *_TESTS, *chosen]
    done = subprocess.run(words, cwd=_ROOT, capture_output=True, text=True, check=False)
    return {"passed": done.returncode == 0, "end": done.stdout[-3000:]}


def copies(plan: Plan) -> Report:
    """Return gigabytes a second of a photo's pixels up and down, by the memory of the host."""
    size = plan.copied
    there = torch.zeros(size, dtype=torch.uint8, device="cuda")
    pageable = torch.zeros(size, dtype=torch.uint8)
    pinned = torch.zeros(size, dtype=torch.uint8, pin_memory=True)
    strided = torch.zeros(1024, 2 * size // 1024, dtype=torch.uint8)[:, : size // 1024]
    wide, array = there.view(strided.shape), strided.numpy()
    staging = Staging(there.device)

    def timed(work: Callable[[], object]) -> float:
        def waited() -> None:
            work()
            torch.cuda.synchronize()

        return round(size / 1e9 / seconds(waited, 5), 2)

    return {
        "bytes": size,
        "up": {
            "pageable": timed(lambda: there.copy_(pageable)),
            "pinned": timed(lambda: there.copy_(pinned, non_blocking=True)),
            "strided": timed(lambda: wide.copy_(strided)),
            "strided_staged": timed(lambda: staging.up(array)),
        },
        "down": {
            "pageable": timed(lambda: pageable.copy_(there)),
            "pinned": timed(lambda: pinned.copy_(there, non_blocking=True)),
            "strided": timed(lambda: strided.copy_(wide)),
            "strided_staged": timed(lambda: staging.back(wide, array)),
        },
    }


def loss(plan: Plan) -> Report:
    """Return what a device assert becomes, and what the codec says on a GPU that is lost. Call this last."""
    shared, [data] = JpegDevice("cuda"), plan.files()[:1]
    if plan.fake:
        plan.fake.lose(after=2)
    return {
        "assert": _said(lambda: _beyond_the_end(shared.device)),
        "codec": _said(lambda: shared.open(data, 1, *_size(data), Coding("420", 92))),
    }


def _beyond_the_end(device: torch.device) -> None:
    with guarded(device):
        numbers = torch.zeros(4, device=device)
        torch.gather(numbers, 0, torch.full((1,), 9, device=device))
        torch.cuda.synchronize()


def _said(work: Callable[[], object]) -> Report:
    try:
        work()
    except DeviceLostError as lost:
        return {"raised": "DeviceLostError", "detail": str(lost)}
    except Exception as other:  # noqa: BLE001
        return {"raised": type(other).__name__, "detail": str(other)[:300]}
    return {"raised": None}


def _size(data: bytes) -> tuple[int, int]:
    height, width, *_ = simplejpeg.decode_jpeg_header(data)
    return height, width


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
