"""The device on which a network runs, and its errors."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain

import torch
from torch import nn

from models.errors import DeviceLostError, PhotoError

_NO_MEMORY = (
    "ALLOC_FAILED",
    "can't allocate memory",
    "out of memory",
    # cuDNN has a plan for every layer of ours; it finds none if no workspace can be allocated.
    "Unable to find a valid cuDNN algorithm",
    "unable to find an engine to execute this computation",
)  # messages of cuBLAS, cuFFT, cuDNN and the CPU's allocator
# Errors of CUDA and its libraries, not any message with their names: "cuda:0" and "cuda/decode_jpegs_cuda.cpp" are in
# messages about our own bugs and about bad photos.
_LOST = re.compile(
    r"CUDA (driver |unknown |Runtime )?(error|failure)|No CUDA GPUs are available|cu(BLAS|DNN|FFT) error"
    r"|CU(BLAS|DNN)_STATUS_|CUFFT_[A-Z]"
)


# Bytes of a process on a GPU that torch's allocator does not count: CUDA's context and the kernels of its libraries. An
# estimate: benchmarks.gpu_check measures them as `outside_torch_bytes`.
_CONTEXT = 768 << 20


def device_for(gpu: float) -> str:
    """Return `cuda` if a part of a GPU was granted and torch can use it, else `cpu`.

    Memory beyond the granted part is refused, because it belongs to others. One thread, because the workers are the
    parallelism. Networks compute in full float32 with deterministic algorithms: TF32, which cuDNN would use by itself,
    rounds to 10 bits, and only GPUs since Ampere have it, so the same photo would look different on another GPU.
    """
    torch.set_num_threads(1)
    if not gpu or not torch.cuda.is_available():
        return "cpu"
    torch.cuda.set_per_process_memory_fraction(_fraction(gpu, torch.cuda.get_device_properties(0).total_memory))
    torch.backends.cuda.matmul.fp32_precision = "ieee"
    torch.backends.cudnn.conv.fp32_precision = "ieee"  # type: ignore[attr-defined]
    torch.backends.cudnn.deterministic = True
    return "cuda"


def _fraction(gpu: float, total: int) -> float:
    """Return the part of a GPU's memory for torch's allocator: the granted part less the context, at least half."""
    granted = min(1.0, gpu)
    return max(granted / 2, granted - _CONTEXT / total)


def device_named(name: str) -> torch.device:
    """Return the device as tensors name it: `cuda` means the current GPU, and `cuda` and `cuda:0` are not equal."""
    device = torch.device(name)
    if device.type == "cuda" and device.index is None:
        return torch.device("cuda", torch.cuda.current_device())
    return device


def why_no_gpu() -> str:
    """Return the reason why torch can use no GPU, for example a driver that is too old."""
    try:
        torch.cuda.init()  # type: ignore[no-untyped-call]
    except (RuntimeError, AssertionError) as error:  # the latter if torch was built without CUDA
        return str(error).strip().partition("\n")[0].rstrip(".")
    return "torch finds none"


class OutOfMemoryError(Exception):
    """The device has not enough memory; a smaller step may work."""


def no_memory() -> PhotoError:
    """The error for a photo for which no device has enough memory."""
    detail = "There was no memory left for this photo: send it smaller, mark less of it, or try again later."
    return PhotoError("out_of_memory", detail, retryable=True)


@contextmanager
def guarded(device: torch.device) -> Iterator[None]:
    """Compute on a device, without gradients.

    Raises OutOfMemoryError, with the device's cache emptied, and DeviceLostError: any other error of CUDA or its
    libraries stays until the process ends. Other errors pass.
    """
    try:
        with torch.inference_mode():
            yield
    except (torch.OutOfMemoryError, MemoryError) as error:
        raise _out_of_memory(device) from error
    except RuntimeError as error:
        message = str(error)
        if any(words in message for words in _NO_MEMORY):
            raise _out_of_memory(device) from error
        if isinstance(error, torch.AcceleratorError) or _LOST.search(message):
            raise DeviceLostError(message.partition("\n")[0]) from error
        raise


@contextmanager
def running(network: nn.Module, device: torch.device) -> Iterator[None]:
    """Move the network to `device`, where it stays until it is wanted elsewhere; raises as `guarded` does.

    A move that runs out of memory leaves a part on each device: the next one completes it.
    """
    with guarded(device):
        if any(tensor.device != device for tensor in chain(network.parameters(), network.buffers())):
            network.to(device)
        yield


def _out_of_memory(device: torch.device) -> OutOfMemoryError:
    if device.type == "cuda":
        torch.cuda.empty_cache()
    return OutOfMemoryError(device.type)
