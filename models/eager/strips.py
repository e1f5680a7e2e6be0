"""Changes a picture strip by strip, each strip while it is in cache."""

from collections.abc import Callable, Sequence

import torch

from models.eager.noise import noise_on
from models.finish import PATTERN, dither

_ALPHA = -(1 << 24)  # 0xFF000000
_RGB = (1 << 24) - 1
_PIECE = 1 << 17  # pixels of a strip on a CPU: three float planes and an op's scratch memory fit a core's caches


class Canvas:
    """The whole picture: (height, width) pixels, int32, on a device.

    `scratch` reuses memory from strip to strip: new allocations cost as much as the arithmetic.
    """

    def __init__(self, packed: torch.Tensor) -> None:
        self.packed = packed
        self.height, self.width = packed.shape
        self.device = packed.device
        self._scratch: dict[tuple[str, torch.dtype], torch.Tensor] = {}
        self._dither: torch.Tensor | None = None

    def scratch(self, name: str, dtype: torch.dtype, *shape: int) -> torch.Tensor:
        """Return uninitialised memory; the same for the same name and type."""
        size = torch.Size(shape).numel()
        buffer = self._scratch.get((name, dtype))
        if buffer is None or buffer.numel() < size:
            buffer = self._scratch[name, dtype] = torch.empty(size, dtype=dtype, device=self.device)
        return buffer[:size].view(shape)

    def dither(self, y0: int, rows: int) -> torch.Tensor:
        """Return float32 (rows, width) in [0, 1), to be added before rounding down."""
        if self._dither is None:
            self._dither = noise_on(self.device, dither(self.width))
        first = y0 % PATTERN
        if first + rows <= PATTERN:
            return self._dither[first : first + rows]
        at = torch.arange(y0, y0 + rows, device=self.device) % PATTERN
        return self._dither.index_select(0, at)


class Strip:
    """Rows y0 and on of a canvas, in one of two representations.

    Packed: int32 (h, W), r | g << 8 | b << 16 | alpha << 24, a view of the canvas. When an op needs more depth:
    float32 planes (3, h, W), 0..255, until `close`, which rounds once. Alpha always stays in the canvas.

    Steps use no fused multiply-add (`lerp`, `addcmul`, `add(alpha=)`) and no transcendental function: torch
    computes those differently in its vector code and in the scalar tail of a row, so a pixel would depend on
    the strip it is in.
    """

    def __init__(self, canvas: Canvas, y0: int, y1: int) -> None:
        self.canvas = canvas
        self.packed = canvas.packed[y0:y1]
        self.y0 = y0
        self._planes: torch.Tensor | None = None

    @property
    def height(self) -> int:
        """Rows."""
        return self.packed.shape[0]

    def rgb(self) -> torch.Tensor:
        """The packed colours without alpha, int32 (h, W), in scratch memory."""
        out = self.canvas.scratch("rgb", torch.int32, *self.packed.shape)
        return torch.bitwise_and(self.packed, _RGB, out=out)

    def replace_rgb(self, rgb: torch.Tensor) -> None:
        """Set packed colours, int32 (h, W) with alpha 0; alpha stays."""
        self.packed.bitwise_and_(_ALPHA).bitwise_or_(rgb)

    def planes(self) -> torch.Tensor:
        """Return the float planes, for changes in place."""
        if self._planes is None:
            self.open(self.rgb(), bits=8, steps=1)
        assert self._planes is not None  # noqa: S101
        return self._planes

    def open(self, fields: torch.Tensor, bits: int, steps: int) -> None:
        """Convert to float planes: three fields of `bits` bits each in int32 (h, W), in 1/steps of a code.

        `steps` is a power of two, so that scaling is exact and also shifts the fields.
        """
        planes = self.canvas.scratch("planes", torch.float32, 3, *fields.shape)
        field = self.canvas.scratch("field", torch.int32, *fields.shape)
        for i, plane in enumerate(planes):
            mask = ((1 << bits) - 1) << (i * bits)
            plane.copy_(torch.bitwise_and(fields, mask, out=field)).mul_(1 / (steps << (i * bits)))
        self._planes = planes

    def close(self) -> None:
        """Round the float planes, if any, to the packed pixels."""
        if self._planes is None:
            return
        dither, code = (
            self.canvas.dither(self.y0, self.height),
            self.canvas.scratch("field", torch.int32, *self.packed.shape),
        )
        self.packed.bitwise_and_(_ALPHA)
        for i, plane in enumerate(self._planes):
            code.copy_(plane.add_(dither).clamp_(0, 255))  # truncates towards 0
            self.packed.bitwise_or_(code.bitwise_left_shift_(8 * i) if i else code)
        self._planes = None


def run(packed: torch.Tensor, steps: Sequence[Callable[[Strip], None]], rows: int | None = None) -> None:
    """Apply steps to int32 (H, W) pixels in place.

    `rows` is the height of a strip; None: what fits the cache on a CPU, the whole picture elsewhere. No step needs
    neighbour rows, so strips need no halo, may be changed in place, and give the same bytes at any height.
    """
    canvas = Canvas(packed)
    if rows is None:
        rows = max(_PIECE // canvas.width, 1) if canvas.device.type == "cpu" else canvas.height
    for y0 in range(0, canvas.height, rows):
        strip = Strip(canvas, y0, min(y0 + rows, canvas.height))
        for step in steps:
            step(strip)
        strip.close()
