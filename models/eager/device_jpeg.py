"""A JPEG whose pixels stay on a GPU from its file to the file of the result."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch.nn import functional

from models.codec.container.jpeg_segments import read_segments
from models.codec.gpu_jpeg import GpuJpeg, suits
from models.codec.preview import FROM_CELLS
from models.eager.applier import EagerApplier
from models.fallbacks import fell_back
from models.finish import Finish
from models.neural.device import OutOfMemoryError, device_named, guarded
from models.neural.staging import Staging
from models.picture import Coding, DoubtError, Pixels, Written

log = logging.getLogger(__name__)

_CELL = 8  # pixels; of the means of cells a thumbnail is made
_TILE = 16  # pixels; what is loaded is counted in tiles

Box = tuple[int, int, int, int]  # x0, y0, x1, y1, in pixels


class JpegDevice:
    """What photos share on a device, for one thread: codec, applier and staging."""

    def __init__(self, device: str) -> None:
        self.device = device_named(device)
        self.codec = GpuJpeg(self.device)
        self.applier = EagerApplier(device)
        self.staging = Staging(self.device)

    @property
    def name(self) -> str:
        """What the bytes of a result depend on."""
        return f"{self.codec.name} on {self.device.type}"

    def open(self, data: bytes, orientation: int, height: int, width: int, coding: Coding) -> "DeviceJpeg | None":
        """Return a JPEG, decoded and upright; None if the CPU must do it. As OpenStrips of models.codec.decoder has it.

        `height` and `width` are those of the upright picture. Raises DeviceLostError.
        """
        if max(height, width) < FROM_CELLS:
            return None
        if not suits(data, read_segments(data), coding):
            fell_back("nvjpeg_unsuited")
            return None
        try:
            with self.computing():
                rgb = self.codec.decode(data)
                self._must_live(rgb)
                if rgb is None:
                    fell_back("nvjpeg_failed")
                    return None
                packed = _packed(_turned(rgb, orientation))
        except DoubtError:
            return None
        return DeviceJpeg(self, packed, coding) if packed.shape == (height, width) else None

    @contextmanager
    def computing(self) -> Iterator[None]:
        """Compute on the device. Raises DoubtError where the CPU must do it instead, DeviceLostError."""
        try:
            with guarded(self.device):
                yield
        except OutOfMemoryError as full:
            fell_back("pixels_on_cpu")
            raise DoubtError from full
        except RuntimeError as failure:
            fell_back("nvjpeg_failed")
            log.warning("a GPU's codec failed, and the CPU takes its place: %s", failure)
            raise DoubtError from failure

    def _must_live(self, made: object) -> None:
        """Raise an error of CUDA if that is why nothing was made: the codec does not say."""
        if made is None and self.device.type == "cuda":
            torch.cuda.synchronize()

    def encoded(self, packed: torch.Tensor, coding: Coding) -> bytes:
        """Return packed pixels as JPEG. Raises DoubtError, DeviceLostError."""
        rgb = packed.view(torch.uint8).view(*packed.shape, 4)[..., :3].contiguous()
        data = self.codec.encode(rgb, coding)
        self._must_live(data)
        if data is None:
            fell_back("nvjpeg_failed")
            raise DoubtError
        return data


class DeviceJpeg:
    """A `Parts` of models.picture. What is read of it is copied to the host, and what was read is copied back."""

    def __init__(self, shared: JpegDevice, packed: torch.Tensor, coding: Coding) -> None:
        """`packed` is int32 (H, W) on the device, upright."""
        self._shared = shared
        self._packed = packed
        self._coding = coding
        height, width = packed.shape
        self.pixels = np.zeros((height, width, 4), np.uint8)  # takes no memory where nobody reads
        self._there = np.zeros((-(-height // _TILE), -(-width // _TILE)), np.bool_)
        self._boxes: list[Box] = []

    def load(self, x0: int, y0: int, x1: int, y1: int) -> None:
        """As models.picture has it. Raises DoubtError for the whole picture: that would be slower than on a CPU."""
        height, width = self.pixels.shape[:2]
        left, top, right, bottom = max(0, x0) // _TILE, max(0, y0) // _TILE, -(-x1 // _TILE), -(-y1 // _TILE)
        box = left * _TILE, top * _TILE, min(width, right * _TILE), min(height, bottom * _TILE)
        if box[2] - box[0] == width and box[3] - box[1] == height:
            raise DoubtError
        missing = ~self._there[top:bottom, left:right]
        if box[0] >= box[2] or box[1] >= box[3] or not missing.any():
            return
        target = self.pixels[box[1] : box[3], box[0] : box[2]]
        with self._shared.computing():
            part = self._packed[box[1] : box[3], box[0] : box[2]].contiguous().view(torch.uint8)
            found = self._shared.staging.down(part.view(target.shape))
        fresh = missing.repeat(_TILE, axis=0).repeat(_TILE, axis=1)[: target.shape[0], : target.shape[1], None]
        np.copyto(target, found, where=fresh)
        self._there[top:bottom, left:right] = True
        self._boxes.append(box)

    def reduced(self, step: int) -> Pixels:
        """As models.picture has it."""
        with self._shared.computing():
            return self._shared.staging.down(_means(self._packed, step))

    def finish(self, finish: Finish, seed: int) -> None:
        """As models.picture has it."""
        self._take_back()
        with self._shared.computing():
            self._shared.applier.finish_there(self._packed, finish, seed)

    def written(self) -> Written:
        """As models.picture has it."""
        self._take_back()
        with self._shared.computing():
            small = self._shared.staging.down(_means(self._packed, _CELL))
            return Written(self._shared.encoded(self._packed, self._coding), small, "whole")

    def _take_back(self) -> None:
        """Copy to the device what was read, for it may have been changed."""
        with self._shared.computing():
            for x0, y0, x1, y1 in self._boxes:
                self._packed[y0:y1, x0:x1] = self._shared.staging.up(self.pixels[y0:y1, x0:x1].view(np.int32)[..., 0])
        self._boxes.clear()


def _turned(rgb: torch.Tensor, orientation: int) -> torch.Tensor:
    """Apply an EXIF orientation 1..8 to (h, w, n)."""
    if orientation >= 5:
        rgb = rgb.transpose(0, 1)
    across, down = orientation in (2, 3, 6, 7), orientation in (3, 4, 7, 8)
    axes = [axis for axis, flipped in ((1, across), (0, down)) if flipped]
    return rgb.flip(axes) if axes else rgb


def _packed(rgb: torch.Tensor) -> torch.Tensor:
    """Return uint8 (H, W, 3) as int32 (H, W), opaque."""
    made = torch.full((*rgb.shape[:2], 4), 255, dtype=torch.uint8, device=rgb.device)
    made[..., :3] = rgb
    return made.view(torch.int32)[..., 0]


def _means(packed: torch.Tensor, step: int) -> torch.Tensor:
    """Return the means of cells, uint8 (⌈H/step⌉, ⌈W/step⌉, 4), rounded as models.reduce does it."""
    height, width = packed.shape
    rows, columns = -(-height // step), -(-width // step)
    planes = packed.view(torch.uint8).view(height, width, 4).permute(2, 0, 1)[None].float()
    planes = functional.pad(planes, (0, columns * step - width, 0, rows * step - height), "replicate")
    sums = planes.view(4, rows, step, columns, step).sum(dim=(2, 4)).to(torch.int32)  # below 2²⁴: exact
    bits = (step * step).bit_length() - 1
    half = step * step // 2
    # Halves to the even number; OpenCV rounds halves up in cells of 2×2.
    means = sums.add(half - 1).add(sums >> bits & 1) if step > 2 else sums.add(half)
    return (means >> bits).to(torch.uint8).permute(1, 2, 0).contiguous()
