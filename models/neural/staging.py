"""The way of arrays to a GPU and back."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt
import torch

_PIECE = 1 << 22  # bytes; a power of two: torch rounds pinned memory up to the next one, and keeps it
_SMALL = 1 << 16  # bytes, up to which a plain copy is as fast


@dataclass(slots=True)
class _Half:
    """A piece of pinned memory, and the end of what the GPU does with it."""

    memory: torch.Tensor
    done: torch.cuda.Event

    def of(self, array: npt.NDArray[np.generic]) -> torch.Tensor:
        """Return the memory in the shape of an array, once the GPU has done with it."""
        self.done.synchronize()
        kind = torch.from_numpy(np.empty(0, array.dtype)).dtype
        return self.memory[: array.nbytes].view(kind).view(array.shape)


class Staging:
    """Copies arrays of any strides through two pieces of pinned memory: a GPU reads one while the CPU fills the other.

    A GPU copies pageable memory through pinned memory too, and strided memory through pageable memory before that. Two
    times 4 MB are all that is pinned, however large the photos are. On a CPU nothing is copied. For one thread.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._halves: list[_Half] = []

    def up(self, array: npt.NDArray[np.generic]) -> torch.Tensor:
        """Return the array on the device; on a CPU the tensor has the memory of the array."""
        if self._device.type == "cpu":
            return torch.from_numpy(array)
        if array.nbytes <= _SMALL:
            return torch.from_numpy(np.ascontiguousarray(array)).to(self._device)
        there = torch.empty(array.shape, dtype=torch.from_numpy(array[:0]).dtype, device=self._device)
        for rows, half in self._pieces(array):
            memory = half.of(array[rows])
            np.copyto(memory.numpy(), array[rows])
            there[rows].copy_(memory, non_blocking=True)
            half.done.record()
        return there

    def down(self, there: torch.Tensor) -> npt.NDArray[np.uint8]:
        """Return a contiguous uint8 tensor as an array; on a CPU it has the memory of the tensor."""
        if self._device.type == "cpu":
            return cast("npt.NDArray[np.uint8]", there.numpy())
        array = np.empty(there.shape, np.uint8)
        self.back(there, array)
        return array

    def back(self, there: torch.Tensor, array: npt.NDArray[np.generic]) -> None:
        """Fill the array with a tensor of its shape and type; on a CPU the tensor has its memory already."""
        if self._device.type == "cpu":
            return
        before: tuple[slice, torch.Tensor, _Half] | None = None
        for rows, half in self._pieces(array):
            memory = half.of(array[rows])
            memory.copy_(there[rows], non_blocking=True)
            half.done.record()
            if before is not None:
                _arrived(*before, array)
            before = rows, memory, half
        if before is not None:
            _arrived(*before, array)

    def _pieces(self, array: npt.NDArray[np.generic]) -> Iterator[tuple[slice, _Half]]:
        """Yield as many rows at a time as a piece holds, and the pieces in turn."""
        row = array[:1].nbytes
        rows, size = max(1, _PIECE // max(1, row)), max(_PIECE, row)
        if not self._halves or self._halves[0].memory.numel() < size:
            self._halves = [_Half(_pinned(size), _event()) for _ in range(2)]
        for number, first in enumerate(range(0, len(array), rows)):
            yield slice(first, first + rows), self._halves[number % 2]


def _arrived(rows: slice, memory: torch.Tensor, half: _Half, array: npt.NDArray[np.generic]) -> None:
    half.done.synchronize()
    np.copyto(array[rows], memory.numpy())


def _event() -> torch.cuda.Event:
    return torch.cuda.Event()  # type: ignore[no-untyped-call]


def _pinned(size: int) -> torch.Tensor:
    """Return pinned memory; pageable memory where none can be pinned: slower, and else the same."""
    try:
        return torch.empty(size, dtype=torch.uint8, pin_memory=True)
    except RuntimeError:  # or the GPU is lost, which the next step will show
        return torch.empty(size, dtype=torch.uint8)
