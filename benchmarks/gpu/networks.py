"""LaMa on the GPU: its speed by batch and arithmetic, and what becomes of it as memory ends."""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from spandrel.architectures.LaMa import LaMa

from benchmarks.gpu.plan import Plan, Report, seconds
from models.erase.region import Mask
from models.errors import DeviceLostError, PhotoError
from models.neural.device import guarded
from models.neural.lama import Lama
from models.picture import Pixels

_CUDA = torch.device("cuda", 0)
_BUDGETS = (4.0, 2.0, 1.2, 0.8, 0.5, 0.3, 0.1)  # GB for torch

Call = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def lama(plan: Plan) -> Report:
    """Return squares a second, and how far each arithmetic is from float32, in codes."""
    torch.manual_seed(7)
    network = LaMa(in_nc=4, out_nc=3).eval().requires_grad_(False)
    with guarded(_CUDA):
        network.to(_CUDA)
        found: Report = {"side": plan.side}
        for name, made in (("fp32", _plain), ("tf32", _tf32), ("channels_last", _channels_last), ("graph", _graph)):
            try:
                found[name] = _measured(plan, network, made)
            except DeviceLostError:
                raise
            except Exception as why:  # noqa: BLE001
                found[name] = {"error": f"{type(why).__name__}: {why}"[:300]}
    return found


def _measured(plan: Plan, network: LaMa, made: Callable[..., AbstractContextManager[Call]]) -> Report:
    rates: Report = {}
    apart = 0.0
    for count in plan.at_once:
        images = torch.rand(count, 3, plan.side, plan.side).to(_CUDA)
        holes = torch.zeros(count, 1, plan.side, plan.side)
        holes[:, :, plan.side // 4 : -plan.side // 4, plan.side // 4 : -plan.side // 4] = 1
        holes = holes.to(_CUDA)
        exact = network(images, holes).cpu()
        with made(network, images, holes) as call:

            def waited(call: Call = call, images: torch.Tensor = images, holes: torch.Tensor = holes) -> None:
                call(images, holes)
                torch.cuda.synchronize()

            rates[str(count)] = round(count / seconds(waited, 1 if plan.fake else 5), 1)
            apart = max(apart, 255 * float((call(images, holes).cpu() - exact).abs().max()))
    return {"squares_per_s": rates, "most_codes_from_fp32": round(apart, 3)}


@contextmanager
def _plain(network: LaMa, images: torch.Tensor, holes: torch.Tensor) -> Iterator[Call]:
    yield network


@contextmanager
def _tf32(network: LaMa, images: torch.Tensor, holes: torch.Tensor) -> Iterator[Call]:
    with tf32():
        yield network


@contextmanager
def tf32() -> Iterator[None]:
    """Let the GPU round the factors of products to 10 bits, as workers do not."""
    settings = (torch.backends.cuda.matmul, torch.backends.cudnn.conv)  # type: ignore[attr-defined]
    for setting in settings:
        setting.fp32_precision = "tf32"
    try:
        yield
    finally:
        for setting in settings:
            setting.fp32_precision = "ieee"


@contextmanager
def _channels_last(network: LaMa, images: torch.Tensor, holes: torch.Tensor) -> Iterator[Call]:
    network.to(memory_format=torch.channels_last)
    try:
        yield lambda images, holes: network(images.contiguous(memory_format=torch.channels_last), holes)
    finally:
        network.to(memory_format=torch.contiguous_format)


@contextmanager
def _graph(network: LaMa, images: torch.Tensor, holes: torch.Tensor) -> Iterator[Call]:
    stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(2):  # what is chosen or allocated at first must not be captured
            network(images, holes)
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        made: torch.Tensor = network(images, holes)

    def replayed(images: torch.Tensor, holes: torch.Tensor) -> torch.Tensor:
        graph.replay()
        return made

    yield replayed


def ladder(plan: Plan) -> Report:
    """Return how two squares are filled with less and less memory: where, in which time, at which peak.

    On a CPU a square of 512 pixels takes five seconds.
    """
    torch.manual_seed(7)
    with tempfile.TemporaryDirectory(prefix="photobatch-gpu-") as folder:
        weights = Path(folder) / "lama.safetensors"
        save_file(LaMa(in_nc=4, out_nc=3).state_dict(), weights)
        filler = Lama(weights, "0" * 64, "cuda")
    side, count = plan.side, 2
    crops = [np.random.default_rng(n).integers(0, 256, (side, side, 3), np.uint8) for n in range(count)]
    mask = np.zeros((side, side), np.uint8)
    mask[side // 4 : -side // 4, side // 4 : -side // 4] = 255
    filler.fill(crops, [mask] * count)
    free, total = torch.cuda.mem_get_info()
    outside = total - free - torch.cuda.memory_reserved()
    return {
        "outside_torch_bytes": outside,
        "budgets": {str(budget): _with(filler, crops, mask, budget, total) for budget in _BUDGETS},
    }


def _with(filler: Lama, crops: list[Pixels], mask: Mask, budget: float, total: int) -> Report:
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    torch.cuda.set_per_process_memory_fraction(min(1.0, budget * 1e9 / total))
    try:
        begun = time.perf_counter()
        filler.fill(crops, [mask] * len(crops))
        taken = time.perf_counter() - begun
    except PhotoError as failed:
        return {"failed": failed.code}
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    where = sorted({each.device.type for each in filler._network.parameters()})
    return {"seconds": round(taken, 3), "weights_on": where, "peak_bytes": torch.cuda.max_memory_allocated()}
