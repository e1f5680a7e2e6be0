"""JPEG on a GPU: nvJPEG, through torchvision. For those who ask for it: see docs/formats.md for what it costs."""

import torch
import torchvision
from torchvision.io import ImageReadMode, decode_jpeg, encode_jpeg

from models.codec.jpeg_segments import JpegFile
from models.neural.device import OutOfMemoryError, guarded
from models.picture import Pixels

_END = b"\xff\xd9"


class GpuJpeg:
    """Decodes and encodes what nvJPEG is good at; says so where it is not, and libjpeg-turbo does it."""

    def __init__(self, device: str = "cuda") -> None:
        """`device` may be `cpu`: torchvision then takes libjpeg-turbo, by the same interface."""
        self._device = torch.device(device)
        self.name = f"nvjpeg of torchvision {torchvision.__version__}"

    def decode(self, data: bytes, jpeg: JpegFile, target: Pixels) -> bool:
        """Fill `target` (H, W, 4); False where that is for others. Raises DeviceLostError.

        Not for it: grey, progressive ones (not faster here), what Adobe's marker may declare to be no YCbCr, and what
        has no end: nvJPEG would say nothing of the rows that are missing.
        """
        if jpeg.components != 3 or jpeg.progressive or jpeg.adobe or not data.endswith(_END):
            return False
        try:
            with guarded(self._device):
                self._wait()
                file = torch.frombuffer(bytearray(data), dtype=torch.uint8)
                planes = decode_jpeg(file, ImageReadMode.RGB, self._device)
                if planes.shape != (3, *target.shape[:2]):
                    return False
                packed = torch.full(target.shape, 255, dtype=torch.uint8, device=self._device)
                packed[..., :3] = planes.permute(1, 2, 0)
                torch.from_numpy(target).copy_(packed)
        except (OutOfMemoryError, RuntimeError):
            return False
        return True

    def encode(self, pixels: Pixels, quality: int) -> bytes | None:
        """The pixels (H, W, 4) as JPEG, 4:4:4, without their alpha; None where that is for others.

        Raises DeviceLostError.
        """
        try:
            with guarded(self._device):
                planes = torch.from_numpy(pixels).to(self._device)[..., :3].permute(2, 0, 1).contiguous()
                self._wait()
                return bytes(encode_jpeg(planes, quality).cpu().numpy())
        except (OutOfMemoryError, RuntimeError):
            return None

    def _wait(self) -> None:
        """torchvision works on a stream of its own, which waits neither for what fills its input nor for whoever still
        reads the memory that it is given for its output (pytorch/vision pull request 9606)."""
        if self._device.type == "cuda":
            torch.cuda.synchronize()
