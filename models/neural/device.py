"""Where a network runs, and what can go wrong there."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from models.errors import DeviceLostError

_NO_MEMORY = (
    "ALLOC_FAILED",
    "can't allocate memory",
    "out of memory",
)  # as cuBLAS, cuFFT, cuDNN, the CPU's allocator say
_GPU = ("CUDA", "CUBLAS", "CUFFT", "CUDNN")


def device_for(gpu: bool) -> str:
    """`cuda` where a GPU was granted and torch can use it, else `cpu`, on one thread: workers are the parallelism."""
    torch.set_num_threads(1)
    return "cuda" if gpu and torch.cuda.is_available() else "cpu"


class OutOfMemoryError(Exception):
    """The device has no memory left for this; with less it may."""


@contextmanager
def running(network: nn.Module, device: torch.device) -> Iterator[None]:
    """Have the network on `device` for a while, without gradients.

    Raises OutOfMemoryError, with the device's cache emptied, and DeviceLostError: any other error of a GPU stays until
    the process ends.
    """
    home = next(network.parameters()).device
    try:
        with torch.inference_mode():
            if home != device:
                network.to(device)
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
    finally:
        if home != device:
            network.to(home)


def _out_of_memory(device: torch.device) -> OutOfMemoryError:
    if device.type == "cuda":
        torch.cuda.empty_cache()
    return OutOfMemoryError(device.type)
