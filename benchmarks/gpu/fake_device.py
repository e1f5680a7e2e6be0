"""A GPU that is none: torch code that names `cuda` runs on the CPU, as strictly as a GPU would have it.

`with FakeDevice() as device:` replaces what `torch.cuda` asks of a driver and catches every operation of this process.
Tensors on `cuda` are `DeviceTensor`s. Operations that mix devices are refused. Copies are counted. Copies that do not
block arrive when somebody waits for them. Memory ends, and the device can be lost.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import SimpleNamespace, TracebackType
from typing import Any, Self
from unittest.mock import patch

import torch
from torch.utils import _pytree as pytree
from torch.utils._python_dispatch import TorchDispatchMode

from benchmarks.gpu.fake_memory import Copies, Event, Memory, PinnedMemory, Stream, Streams
from models.neural.installed import has_gpu_jpeg

aten = torch.ops.aten
_CUDA = torch.device("cuda", 0)
_MIXED = "Expected all tensors to be on the same device, but found at least two devices, cuda:0 and cpu!"
_NO_NUMPY = (
    "can't convert cuda:0 device type tensor to numpy. Use Tensor.cpu() to copy the tensor to host memory first."
)
# Their bindings ask the driver for the current device.
_BOUND = {
    getattr(torch.Tensor, name)
    for name in ("__getitem__", "__setitem__", "contiguous", "item", "tolist", "__bool__", "__int__", "__float__")
}
_CAPTURING = "CUDA error: operation not permitted when stream is capturing"


class DeviceTensor(torch.Tensor):
    """A tensor on the fake GPU; `host` holds its numbers."""

    host: torch.Tensor
    device_of: "FakeDevice"

    @staticmethod
    def __new__(cls, host: torch.Tensor, device: "FakeDevice") -> "DeviceTensor":
        """Make a tensor of the same shape and strides."""
        made: DeviceTensor = torch.Tensor._make_wrapper_subclass(
            cls,
            host.shape,
            strides=host.stride(),
            storage_offset=host.storage_offset(),
            dtype=host.dtype,
            device=_CUDA,
        )
        made.host, made.device_of = host, device
        made._block = device.memory.block_of(host)  # type: ignore[attr-defined]
        return made

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Carry out what torch's bindings would ask the driver about before they dispatch."""
        kwargs = kwargs or {}
        if func is torch.Tensor.numpy:
            raise TypeError(_NO_NUMPY)
        if func is torch.Tensor.copy_:
            return aten.copy_.default(*args, **kwargs)
        if func in _BOUND:
            device = next(each for each in pytree.tree_leaves(args) if isinstance(each, DeviceTensor)).device_of
            device.check()
            return device.run(func, args, kwargs)
        with torch._C.DisableTorchFunctionSubclass():
            return func(*args, **kwargs)

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:  # type: ignore[override]
        """Carry out an operation on the device of its tensors."""
        device = next(each for each in pytree.tree_leaves((args, kwargs)) if isinstance(each, DeviceTensor)).device_of
        return device.dispatch(func, args, kwargs or {})


class _Mode(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Catches what a thread does, factories of tensors among it."""

    def __init__(self, device: "FakeDevice") -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._device = device

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Leave torch.compile out of it: importing that takes a second."""
        return False

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return self._device.dispatch(func, args, kwargs or {})


class FakeGraph:
    """A torch.cuda.CUDAGraph: the operations of a capture, which are repeated on the same memory."""

    def __init__(self) -> None:
        self.steps: list[Callable[[], None]] = []

    def replay(self) -> None:
        """Repeat them."""
        for step in self.steps:
            step()


class FakeDevice:
    """One fake GPU with `memory` bytes. `copies` and `kernels` count; `lose` ends it."""

    def __init__(self, memory: int = 8 << 30) -> None:
        self.memory = Memory(memory)
        self.pinned = PinnedMemory()
        self.copies = Copies()
        self.kernels = 0
        self._lost: str | None = None
        self._fault_after = 0
        self._capture: FakeGraph | None = None
        self._streams = Streams()
        self._every_stream = [self._streams.now]
        self._inside = threading.local()
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        for name, fake in self._fakes().items():
            self._stack.enter_context(patch(name, fake))
        self._stack.enter_context(self.thread())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def lose(self, message: str = "CUDA error: device-side assert triggered", *, after: int = 0) -> None:
        """Let every operation fail from now on, or after some more operations."""
        self._lost, self._fault_after = message, after

    @contextmanager
    def thread(self) -> Iterator[None]:
        """Let this thread use the device; `torch.cuda.stream` does that too."""
        if getattr(self._inside, "now", False):
            yield
            return
        self._inside.now = True
        try:
            with torch.inference_mode(), _Mode(self):  # with gradients, torch asks the driver before we are asked
                yield
        finally:
            self._inside.now = False

    def dispatch(self, func: Any, args: Any, kwargs: Any) -> Any:  # noqa: PLR0911
        """Carry out an operation of torch."""
        leaves = pytree.tree_leaves((args, kwargs))
        touches = any(isinstance(each, DeviceTensor) or _names_it(each) for each in leaves)
        if func is aten.is_pinned.default:
            return not isinstance(args[0], DeviceTensor) and self.pinned.holds(args[0])
        if kwargs.get("pin_memory"):
            self.check()
            return self.pinned.add(func(*args, **{**kwargs, "pin_memory": False}))
        if not touches:
            return func(*args, **kwargs)
        if func is aten._has_compatible_shallow_copy_type.default:
            return False
        self.check()
        if func is aten.copy_.default:
            return self._copy(*args, **kwargs)
        if func is aten._to_copy.default:
            return self._to_copy(*args, **kwargs)
        if func in (aten.to.device, aten.to.dtype_layout, aten.to.other):
            return self._to(func, args, kwargs)
        return self.run(func, args, kwargs)

    def run(self, func: Any, args: Any, kwargs: Any) -> Any:
        """Carry out an operation on tensors that must all be here; numbers in host tensors are allowed."""
        leaves = pytree.tree_leaves((args, kwargs))
        here = [each for each in leaves if isinstance(each, DeviceTensor)]
        if here and any(type(each) is torch.Tensor and each.dim() for each in leaves):
            raise RuntimeError(_MIXED)
        if self._capture is not None and func is aten._local_scalar_dense.default:
            raise torch.AcceleratorError(_CAPTURING)
        self.kernels += 1
        args, kwargs = pytree.tree_map(_host, args), pytree.tree_map(_host, kwargs)
        made = func(*args, **kwargs)
        if self._capture is not None:
            self._capture.steps.append(lambda: _again(made, func(*args, **kwargs)))
        known = {id(each.host): each for each in here}
        return pytree.tree_map(lambda each: self._wrapped(each, known), made)

    def _wrapped(self, made: Any, known: dict[int, DeviceTensor]) -> Any:
        if not isinstance(made, torch.Tensor):
            return made
        return known.get(id(made)) if id(made) in known else DeviceTensor(made, self)

    def _copy(self, to: torch.Tensor, source: torch.Tensor, non_blocking: bool = False) -> torch.Tensor:
        if isinstance(to, DeviceTensor) and isinstance(source, DeviceTensor):
            self.run(aten.copy_.default, (to, source), {})
        elif isinstance(to, DeviceTensor):
            self._count(self.copies.up, source)
            to.host.copy_(source)
            self._moved(source, to.host, non_blocking, up=True)
        else:
            assert isinstance(source, DeviceTensor)  # noqa: S101
            self._count(self.copies.down, to)
            to.copy_(source.host)
            self._moved(to, source.host, non_blocking, up=False)
        return to

    def _to(self, func: Any, args: Any, kwargs: Any) -> Any:
        """`Tensor.to` with a device, of which torch would ask the driver the number."""
        given = dict(zip((argument.name for argument in func._schema.arguments), args, strict=False)) | kwargs
        source = given["self"]
        like = given.get("other", source)
        device, dtype = given.get("device") or like.device, given.get("dtype") or like.dtype
        if torch.device(device).type == source.device.type and dtype == source.dtype and not given.get("copy"):
            return source
        return self._to_copy(source, given.get("non_blocking") or False, device=device, dtype=dtype)

    def _to_copy(self, source: torch.Tensor, non_blocking: bool = False, **kwargs: Any) -> Any:
        device = kwargs.pop("device", None) or source.device
        kwargs.pop("pin_memory", None)
        if torch.device(device).type == source.device.type:
            return self.run(aten._to_copy.default, (source,), {**kwargs, "device": torch.device("cpu")})
        host = _host(source)
        made = aten._to_copy.default(host, **kwargs)
        if isinstance(source, DeviceTensor):
            self._count(self.copies.down, made)
            self._moved(made, host, non_blocking and self.pinned.holds(made), up=False)
            return made
        self._count(self.copies.up, source)
        self._moved(source, made, non_blocking, up=True)
        return DeviceTensor(made.clone() if made is source else made, self)

    def _moved(self, host: torch.Tensor, there: torch.Tensor, non_blocking: bool, *, up: bool) -> None:
        if self._capture is not None:
            raise torch.AcceleratorError(_CAPTURING)
        if not (non_blocking and self.pinned.holds(host)):
            self._streams.now.synchronize()
        elif host.dtype == there.dtype:
            self._streams.now.put(host, there, up=up)

    def _count(self, where: dict[str, int], host: torch.Tensor) -> None:
        kind = "strided" if not host.is_contiguous() else "pinned" if self.pinned.holds(host) else "pageable"
        where[kind] = where.get(kind, 0) + host.numel() * host.element_size()

    def check(self) -> None:
        """Raise torch.AcceleratorError if the device is lost."""
        if self._lost is None:
            return
        if self._fault_after:
            self._fault_after -= 1
            return
        raise torch.AcceleratorError(self._lost)

    def synchronize(self, device: object = None) -> None:
        """Wait for everything."""
        self.check()
        for stream in self._every_stream:
            stream.synchronize()

    def _new_stream(self, device: object = None, priority: int = 0) -> Stream:
        stream = Stream()
        self._every_stream.append(stream)
        return stream

    @contextmanager
    def _on(self, stream: Stream) -> Iterator[None]:
        with self.thread(), self._streams.entered(stream):
            yield

    @contextmanager
    def _captured(self, graph: FakeGraph, **_: object) -> Iterator[None]:
        self._capture = graph
        try:
            yield
        finally:
            self._capture = None

    def _fraction(self, fraction: float, device: object = None) -> None:
        self.memory.fraction = fraction

    def _reset_peak(self, device: object = None) -> None:
        self.memory.peak = self.memory.allocated

    def _fakes(self) -> dict[str, object]:
        """What is asked of a driver, by its name."""
        properties = SimpleNamespace(
            name="fake", total_memory=self.memory.total, multi_processor_count=1, major=9, minor=0
        )
        if has_gpu_jpeg():
            from benchmarks.gpu.fake_codec import fakes  # noqa: PLC0415

            codec = fakes(self.check, DeviceTensor, lambda host: DeviceTensor(host, self))
        else:
            codec = {}
        return (
            codec
            | {f"torch.cuda.{name}": fake for name, fake in self._of_cuda(properties).items()}
            | {
                # A module's weights become those that were moved: they are tensors of another class.
                "torch.__future__.get_overwrite_module_params_on_conversion": lambda: True,
                "torch.accelerator.empty_host_cache": self.pinned.empty,
                "torch.accelerator.memory.empty_host_cache": self.pinned.empty,
            }
        )

    def _of_cuda(self, properties: object) -> dict[str, object]:
        return {
            "_lazy_init": lambda: None,
            "init": lambda: None,
            "is_available": lambda: True,
            "is_initialized": lambda: True,
            "device_count": lambda: 1,
            "current_device": lambda: 0,
            "get_device_name": lambda device=None: "fake",
            "get_device_properties": lambda device=None: properties,
            "mem_get_info": lambda device=None: (self.memory.total - self.memory.allocated, self.memory.total),
            "memory_allocated": lambda device=None: self.memory.allocated,
            "max_memory_allocated": lambda device=None: self.memory.peak,
            "memory_reserved": lambda device=None: self.memory.allocated,
            "reset_peak_memory_stats": self._reset_peak,
            "set_per_process_memory_fraction": self._fraction,
            "empty_cache": lambda: None,
            "synchronize": self.synchronize,
            "Stream": self._new_stream,
            "Event": Event,
            "stream": self._on,
            "current_stream": lambda device=None: self._streams.now,
            "CUDAGraph": FakeGraph,
            "graph": self._captured,
        }


def _names_it(leaf: object) -> bool:
    return isinstance(leaf, torch.device) and leaf.type == "cuda"


def _host(leaf: Any) -> Any:
    if isinstance(leaf, DeviceTensor):
        return leaf.host
    return torch.device("cpu") if _names_it(leaf) else leaf


def _again(before: Any, now: Any) -> None:
    """Put results where those of the capture are."""
    for old, new in zip(pytree.tree_leaves(before), pytree.tree_leaves(now), strict=True):
        if isinstance(old, torch.Tensor) and old is not new and old.data_ptr() != new.data_ptr():
            old.copy_(new)
