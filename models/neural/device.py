"""Where a network runs, and what can go wrong there."""

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
)  # as cuBLAS, cuFFT, cuDNN, the CPU's allocator say
_GPU = ("CUDA", "CUBLAS", "CUFFT", "CUDNN")


def device_for(gpu: float) -> str:
    """`cuda` where a part of a GPU was granted and torch can use it, else `cpu`.

    What was granted to others stays theirs: more memory than the part is refused. On one thread: workers are the
    parallelism.
    """
    torch.set_num_threads(1)
    if not gpu or not torch.cuda.is_available():
        return "cpu"
    torch.cuda.set_per_process_memory_fraction(min(1.0, gpu))
    return "cuda"


def pinned(size: int) -> npt.NDArray[np.uint8]:
    """So many bytes of memory that a GPU reads and writes by itself: there and back is twice as fast or more."""
    try:
        return torch.empty(size, dtype=torch.uint8, pin_memory=True).numpy()
    except RuntimeError:  # none to be had, or the GPU is lost, which shows in what is done there next
        return np.empty(size, np.uint8)


class OutOfMemoryError(Exception):
    """The device has no memory left for this; with less it may."""


def no_memory() -> PhotoError:
    """The error of a photo for which there is no memory anywhere."""
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
    """Have the network on `device` for a while; raises what `guarded` raises."""
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
