"""The device on which a network runs, and its errors."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from models.errors import DeviceLostError, PhotoError

_NO_MEMORY = (
    "ALLOC_FAILED",
    "can't allocate memory",
    "out of memory",
)  # messages of cuBLAS, cuFFT, cuDNN and the CPU's allocator
_GPU = ("CUDA", "CUBLAS", "CUFFT", "CUDNN")


def device_for(gpu: float) -> str:
    """Return `cuda` if a part of a GPU was granted and torch can use it, else `cpu`.

    Memory beyond the granted part is refused, because it belongs to others. One thread, because the workers are the
    parallelism.
    """
    torch.set_num_threads(1)
    if not gpu or not torch.cuda.is_available():
        return "cpu"
    torch.cuda.set_per_process_memory_fraction(min(1.0, gpu))
    return "cuda"


def pinned(size: int) -> npt.NDArray[np.uint8]:
    """Return pinned memory, which a GPU reads and writes directly: transfers are at least twice as fast."""
    try:
        return torch.empty(size, dtype=torch.uint8, pin_memory=True).numpy()
    except RuntimeError:  # none available, or the GPU is lost, which the next step will show
        return np.empty(size, np.uint8)


class OutOfMemoryError(Exception):
    """The device has not enough memory; a smaller step may work."""


def no_memory() -> PhotoError:
    """The error for a photo for which no device has enough memory."""
    detail = "There was no memory left for this photo: send it smaller, mark less of it, or try again later."
    return PhotoError("out_of_memory", detail, retryable=True)


@contextmanager
def guarded(device: torch.device) -> Iterator[None]:
    """Compute on a device, without gradients.

    Raises OutOfMemoryError, with the device's cache emptied, and DeviceLostError: any other error of a GPU stays until
    the process ends.
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
        if isinstance(error, torch.AcceleratorError) or any(word in message.upper() for word in _GPU):
            raise DeviceLostError(message.partition("\n")[0]) from error
        raise


@contextmanager
def running(network: nn.Module, device: torch.device) -> Iterator[None]:
    """Move the network to `device` for the block; raises as `guarded` does."""
    home = next(network.parameters()).device
    with guarded(device):
        if home == device:
            yield
            return
        network.to(device)
        try:
            yield
        finally:
            network.to(home)


def _out_of_memory(device: torch.device) -> OutOfMemoryError:
    if device.type == "cuda":
        torch.cuda.empty_cache()
    return OutOfMemoryError(device.type)
