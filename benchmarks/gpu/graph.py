"""The networks for faces in torch: the same files as onnxruntime reads, for views in batches on any device.

Two of the files say that a batch has one view, and onnxruntime keeps to that. Nothing but the shapes of YuNet's last
steps depends on it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import onnxruntime
import torch
from onnxruntime.tools.ort_format_model.ort_flatbuffers_py.fbs.AttributeType import AttributeType
from onnxruntime.tools.ort_format_model.ort_flatbuffers_py.fbs.InferenceSession import InferenceSession
from onnxruntime.tools.ort_format_model.ort_flatbuffers_py.fbs.TensorDataType import TensorDataType
from torch import Tensor
from torch.nn import functional

_KINDS = {TensorDataType.FLOAT: np.float32, TensorDataType.INT64: np.int64}
_READ: dict[int, Callable[[Any], Any]] = {
    AttributeType.FLOAT: lambda one: one.F(),
    AttributeType.INT: lambda one: one.I(),
    AttributeType.STRING: lambda one: one.S().decode(),
    AttributeType.INTS: lambda one: one.IntsAsNumpy().tolist(),
}

Attributes = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Step:
    """A node: what it computes, of which values, and which it is the last to need."""

    compute: Callable[..., Tensor]
    inputs: list[str]
    output: str
    attributes: Attributes
    forgotten: list[str]


class Graph:
    """A network of models/faces/weights on a device. Threads may share it."""

    def __init__(self, name: str, device: torch.device) -> None:
        """Raises KeyError for an operation that none of the three networks has."""
        graph = _read(resources.files("models.faces").joinpath("weights", f"{name}.onnx").read_bytes())
        self._input = graph.Inputs(0).decode()
        self.outputs = [graph.Outputs(index).decode() for index in range(graph.OutputsLength())]
        nodes = [graph.Nodes(index) for index in range(graph.NodesLength())]
        sizes = {name for node in nodes if node.OpType() in _SIZED for name in _names(node)[1:]}
        found = {
            one.Name().decode(): _tensor(one) for one in map(graph.Initializers, range(graph.InitializersLength()))
        }
        self._constants = {name: one.tolist() if name in sizes else one.to(device) for name, one in found.items()}
        last = {name: index for index, node in enumerate(nodes) for name in _names(node)}
        kept = {*self.outputs, *self._constants}
        self._steps = [
            _Step(
                _OPERATIONS[node.OpType().decode()],
                _names(node),
                node.Outputs(0).decode(),
                _attributes(node),
                [name for name in set(_names(node)) - kept if last[name] == index],
            )
            for index, node in enumerate(nodes)
        ]

    def __call__(self, views: Tensor) -> list[Tensor]:
        """Return the outputs, in the order of the file, for float32 (n, 3, h, w) on the device; the first axis is n."""
        values: dict[str, Any] = {**self._constants, self._input: views}
        for step in self._steps:
            values[step.output] = step.compute(*(values[name] for name in step.inputs), **step.attributes)
            for name in step.forgotten:
                del values[name]
        return [values[name] for name in self.outputs]


def _read(weights: bytes) -> Any:
    """Return the graph as it is, of onnxruntime's own format: it reads ONNX, and its package has the schema of that."""
    with TemporaryDirectory(prefix="photobatch-graph-") as folder:
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        options.optimized_model_filepath = str(Path(folder) / "graph.ort")
        options.add_session_config_entry("session.save_model_format", "ORT")
        onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])
        return InferenceSession.GetRootAs((Path(folder) / "graph.ort").read_bytes(), 0).Model().Graph()


def _names(node: Any) -> list[str]:
    return [node.Inputs(index).decode() for index in range(node.InputsLength())]


def _attributes(node: Any) -> Attributes:
    found = [node.Attributes(index) for index in range(node.AttributesLength())]
    return {one.Name().decode(): _READ[one.Type()](one) for one in found}


def _tensor(found: Any) -> Tensor:
    shape = found.DimsAsNumpy() if found.DimsLength() else ()
    data = found.RawDataAsNumpy() if found.RawDataLength() else np.empty(0, np.uint8)
    return torch.from_numpy(data.view(_KINDS[found.DataType()]).reshape(shape).copy())


def _padded(x: Tensor, pads: Sequence[int]) -> tuple[Tensor, Sequence[int]]:
    """Return the picture and what torch must pad on both sides, where that is the same."""
    if pads[:2] == pads[2:]:
        return x, pads[:2]
    top, left, bottom, right = pads
    return functional.pad(x, (left, right, top, bottom)), (0, 0)


def _conv(x: Tensor, weight: Tensor, bias: Tensor | None = None, **of: Any) -> Tensor:
    x, padding = _padded(x, of["pads"])
    return functional.conv2d(x, weight, bias, of["strides"], padding, 1, of["group"])


def _pad(x: Tensor, pads: list[int], **_: Any) -> Tensor:
    axes = zip(pads[3::-1], pads[:3:-1], strict=True)  # torch counts from the last
    return functional.pad(x, [size for axis in axes for size in axis])


_SIZED = (b"Pad", b"Reshape", b"Resize")  # all inputs but the first are sizes, for the host
# What the attributes of the three graphs always say (no dilation, no output padding, nearest and floor) is left out.
_OPERATIONS: dict[str, Callable[..., Tensor]] = {
    "Add": torch.add,
    "BatchNormalization": lambda x, weight, bias, mean, var, **of: functional.batch_norm(
        x, mean, var, weight, bias, eps=of["epsilon"]
    ),
    "Conv": _conv,
    "ConvTranspose": lambda x, weight, bias=None, **of: functional.conv_transpose2d(x, weight, bias, of["strides"]),
    "MaxPool": lambda x, **of: functional.max_pool2d(x, of["kernel_shape"], of["strides"]),
    "PRelu": lambda x, slope: functional.prelu(x, slope.flatten()),
    "Pad": _pad,
    "Relu": torch.relu,
    "Reshape": lambda x, shape: x.reshape(len(x), *shape[1:]),  # the first says 1: a batch of one
    "Resize": lambda x, _, scales, **of: functional.interpolate(x, scale_factor=scales[2:], mode=of["mode"]),
    "Sigmoid": torch.sigmoid,
    "Transpose": lambda x, perm: x.permute(perm),
}
