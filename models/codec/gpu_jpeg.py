"""JPEG on a GPU: nvJPEG, through torchvision. Off by default: docs/formats.md says why."""

from contextlib import suppress

import torch
import torchvision
from torchvision.io import ImageReadMode, decode_jpeg, encode_jpeg

from models.codec.container.jpeg_segments import JpegFile
from models.fallbacks import fell_back
from models.neural.device import OutOfMemoryError, guarded
from models.picture import Pixels

_END = b"\xff\xd9"


class GpuJpeg:
    """Decodes and encodes the JPEGs that suit nvJPEG; leaves the others to libjpeg-turbo."""

    def __init__(self, device: str = "cuda") -> None:
        """`device` may be `cpu`: torchvision then uses libjpeg-turbo, with the same interface."""
        self._device = torch.device(device)
        self.name = f"nvjpeg of torchvision {torchvision.__version__}"

    def decode(self, data: bytes, jpeg: JpegFile, target: Pixels) -> bool:
        """Fill `target` (H, W, 4); False if the JPEG does not suit nvJPEG. Raises DeviceLostError.

        Unsuitable: grey, progressive (not faster), files whose Adobe marker may mean something other than YCbCr, and
        truncated files: nvJPEG would not report missing rows.
        """
        if jpeg.components != 3 or jpeg.progressive or jpeg.adobe or not data.endswith(_END):
            fell_back("nvjpeg_unsuited")
            return False
        try:
            with guarded(self._device):
                self._wait()
                file = torch.frombuffer(bytearray(data), dtype=torch.uint8)
                planes = decode_jpeg(file, ImageReadMode.RGB, self._device)
                if planes.shape != (3, *target.shape[:2]):
                    fell_back("nvjpeg_failed")
                    return False
                packed = torch.full(target.shape, 255, dtype=torch.uint8, device=self._device)
                packed[..., :3] = planes.permute(1, 2, 0)
                torch.from_numpy(target).copy_(packed)
        except (OutOfMemoryError, RuntimeError):
            self._must_live()
            fell_back("nvjpeg_failed")
            return False
        return True

    def encode(self, pixels: Pixels, quality: int) -> bytes | None:
        """Return the pixels (H, W, 4) as JPEG, 4:4:4, without alpha; None if that does not suit nvJPEG.

        Raises DeviceLostError.
        """
        try:
            with guarded(self._device):
                planes = torch.from_numpy(pixels).to(self._device)[..., :3].permute(2, 0, 1).contiguous()
                self._wait()
                return bytes(encode_jpeg(planes, quality).cpu().numpy())
        except (OutOfMemoryError, RuntimeError):
            self._must_live()
            fell_back("nvjpeg_failed")
            return None

    def _must_live(self) -> None:
        """Raise DeviceLostError if the device is lost: nvJPEG's own message does not tell that from a bad photo."""
        with suppress(OutOfMemoryError), guarded(self._device):
            self._wait()

    def _wait(self) -> None:
        """Synchronise: torchvision uses a stream of its own, which waits neither for its input nor for readers of the
        memory of its output (pytorch/vision pull request 9606)."""
        if self._device.type == "cuda":
            torch.cuda.synchronize()
