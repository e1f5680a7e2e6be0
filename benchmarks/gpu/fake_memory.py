"""The memory of a fake GPU, and the copies between it and the host."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from weakref import WeakValueDictionary

import torch

_POISON = 0xAB  # bytes of a host buffer whose copy from the GPU nobody has waited for
_OURS = 2  # users of a storage: the tensor that is kept here, and the question


class Block:
    """Memory of a tensor on the GPU; it is free again when the last view of it is gone."""

    def __init__(self, memory: "Memory", size: int) -> None:
        self._memory, self._size = memory, size

    def __del__(self) -> None:
        self._memory.allocated -= self._size


@dataclass(slots=True)
class Copies:
    """Bytes that were copied between host and GPU, by the host memory: pinned, pageable or strided."""

    up: dict[str, int] = field(default_factory=dict)
    down: dict[str, int] = field(default_factory=dict)

    def clear(self) -> None:
        """Count from 0 again."""
        self.up.clear()
        self.down.clear()


class Memory:
    """Counts what is allocated and refuses what is more than a part of it."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.fraction = 1.0
        self.allocated = 0
        self.peak = 0
        self._blocks: WeakValueDictionary[int, Block] = WeakValueDictionary()
        self._lock = threading.RLock()

    def block_of(self, host: torch.Tensor) -> Block:
        """Return the block of a tensor's storage, allocated if it is new. Raises torch.OutOfMemoryError."""
        storage = host.untyped_storage()
        with self._lock:
            block = self._blocks.get(storage.data_ptr()) if storage.nbytes() else None
            if block is not None:
                return block
            if self.allocated + storage.nbytes() > self.fraction * self.total:
                raise torch.OutOfMemoryError(f"CUDA out of memory. Tried to allocate {storage.nbytes()} bytes")
            self.allocated += storage.nbytes()
            self.peak = max(self.peak, self.allocated)
            block = Block(self, storage.nbytes())
            if storage.nbytes():
                self._blocks[storage.data_ptr()] = block
            return block


class PinnedMemory:
    """Which host memory is pinned. As torch has it, freed memory stays pinned until the cache is emptied."""

    def __init__(self) -> None:
        self._tensors: dict[int, torch.Tensor] = {}

    @property
    def size(self) -> int:
        """Bytes."""
        return sum(tensor.untyped_storage().nbytes() for tensor in self._tensors.values())

    def add(self, tensor: torch.Tensor) -> torch.Tensor:
        """Return the tensor, whose memory is pinned now."""
        self._tensors[tensor.untyped_storage().data_ptr()] = tensor.view(-1)
        return tensor

    def holds(self, tensor: torch.Tensor) -> bool:
        """Whether a tensor is in pinned memory."""
        return tensor.untyped_storage().data_ptr() in self._tensors

    def empty(self) -> None:
        """Give back all that nobody uses."""
        for key, tensor in list(self._tensors.items()):
            if torch._C._storage_Use_Count(tensor.untyped_storage()._cdata) <= _OURS:
                del self._tensors[key]


@dataclass(slots=True)
class _Pending:
    """A copy that the host does not wait for."""

    host: torch.Tensor
    there: torch.Tensor
    up: bool

    def end(self) -> None:
        if not self.up:
            self.host.copy_(self.there)
        elif not torch.equal(self.host, self.there):
            raise AssertionError("pinned memory was changed while the GPU read it")


class Stream:
    """A torch.cuda.Stream. What it copies without blocking arrives when somebody waits for it."""

    cuda_stream = 0

    def __init__(self, device: object = None, priority: int = 0) -> None:
        self._pending: list[_Pending] = []

    def put(self, host: torch.Tensor, there: torch.Tensor, *, up: bool) -> None:
        """Note a copy; until it has arrived the host's memory holds nonsense, or must not change."""
        if not up:
            host.view(torch.uint8).fill_(_POISON)
        self._pending.append(_Pending(host, there.clone(), up))

    def synchronize(self) -> None:
        """Wait for all copies."""
        self.flush(len(self._pending))

    def flush(self, count: int) -> None:
        """Wait for the first copies."""
        done, self._pending = self._pending[:count], self._pending[count:]
        for copy in done:
            copy.end()

    def wait_stream(self, other: "Stream") -> None:
        """Work of this stream comes after that of the other: here all work is done at once."""

    def record_event(self, event: "Event | None" = None) -> "Event":
        """As torch has it."""
        event = event or Event()
        event.record(self)
        return event

    @property
    def waiting(self) -> int:
        """The number of copies that have not arrived."""
        return len(self._pending)


class Event:
    """A torch.cuda.Event."""

    current: Stream | None = None

    def __init__(self, enable_timing: bool = False, blocking: bool = False) -> None:
        self._stream: Stream | None = None
        self._left = 0

    def record(self, stream: Stream | None = None) -> None:
        """Mark the end of what the stream has to do now."""
        self._stream = stream or torch.cuda.current_stream()  # type: ignore[assignment]
        assert self._stream is not None  # noqa: S101
        self._left = self._stream.waiting

    def synchronize(self) -> None:
        """Wait for the mark."""
        if self._stream is not None:
            self._stream.flush(self._left)
            self._left = 0

    def elapsed_time(self, other: "Event") -> float:
        """Milliseconds; nothing is measured here."""
        return 1.0


class Streams(threading.local):
    """The current stream of each thread."""

    def __init__(self) -> None:
        self.now = Stream()

    @contextmanager
    def entered(self, stream: Stream) -> Iterator[None]:
        """Make a stream the current one."""
        before, self.now = self.now, stream
        try:
            yield
        finally:
            self.now = before
