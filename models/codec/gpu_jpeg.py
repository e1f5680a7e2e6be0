"""JPEG on a GPU by nvImageCodec, to and from the GPU's memory. Off by default: docs/formats.md says why."""

from typing import Any

import numpy as np
import torch
import torch.utils.dlpack
from nvidia import nvimgcodec

from models.codec.container.jpeg_segments import JpegFile
from models.picture import Coding

_END = b"\xff\xd9"
_CHROMA = {
    "444": nvimgcodec.ChromaSubsampling.CSS_444,
    "422": nvimgcodec.ChromaSubsampling.CSS_422,
    "420": nvimgcodec.ChromaSubsampling.CSS_420,
}
_RGB = nvimgcodec.DecodeParams(
    apply_exif_orientation=False,
    color_spec=nvimgcodec.ColorSpec.SRGB,
    sample_format=nvimgcodec.SampleFormat.I_RGB,
)
_INTERPOLATED = ":fancy_upsampling=1"  # colours between their samples, as libjpeg-turbo has them
# libjpeg's tables at quality 50, row by row; a quality scales them.
_LUMA = np.fromstring(
    "16 11 10 16 24 40 51 61 12 12 14 19 26 58 60 55 14 13 16 24 40 57 69 56 14 17 22 29 51 87 80 62 18 22 37 56 "
    "68 109 103 77 24 35 55 64 81 104 113 92 49 64 78 87 103 121 120 101 72 92 95 98 112 100 103 99",
    np.int64,
    sep=" ",
)


class GpuJpeg:
    """Decodes and encodes JPEGs, on the current stream of a GPU.

    On `cpu` nvImageCodec uses libjpeg-turbo behind the same interface. For one thread.
    """

    def __init__(self, device: torch.device, kinds: tuple[str, ...] = ("GPU_ONLY", "HYBRID_CPU_GPU")) -> None:
        """`kinds` names members of nvimgcodec.BackendKind, of those that decode on a GPU.

        The engine for JPEGs that some GPUs have (HW_GPU_ONLY) is not among them: it may round in another way, and then
        a photo would depend on the GPU. benchmarks.gpu_check measures how far it is from libjpeg-turbo.
        """
        self._gpu = device.type == "cuda"
        number = torch.cuda.current_device() if self._gpu else nvimgcodec.NVIMGCODEC_DEVICE_CPU_ONLY
        names = kinds if self._gpu else ("CPU_ONLY",)
        backends = [nvimgcodec.Backend(getattr(nvimgcodec.BackendKind, name)) for name in names]
        chosen = {"device_id": number, "max_num_cpu_threads": 1, "backends": backends}
        self._decoder = nvimgcodec.Decoder(**chosen, options=_INTERPOLATED)
        self._encoder = nvimgcodec.Encoder(**chosen)
        self.name = f"nvimgcodec {nvimgcodec.__version__}"

    def decode(self, data: bytes) -> torch.Tensor | None:
        """Return the pixels as they are stored, uint8 (H, W, 3) on the device; None if it refuses the file.

        It does not notice all damage. Raises RuntimeError for an error of CUDA.
        """
        image = self._decoder.decode(nvimgcodec.CodeStream(data), params=_RGB, cuda_stream=self._stream())
        if image is None:
            return None
        return torch.utils.dlpack.from_dlpack(image) if self._gpu else torch.from_numpy(np.asarray(image))

    def encode(self, rgb: torch.Tensor, coding: Coding) -> bytes | None:
        """Return contiguous uint8 (H, W, 3) of the device as JPEG; None if it cannot.

        It takes no quantisation tables: for those of a source it uses the lowest quality that is as fine in luma.
        """
        params = nvimgcodec.EncodeParams(
            quality_type=nvimgcodec.QualityType.QUALITY,
            quality_value=coding.quality if coding.quality is not None else quality_like(coding.quants[0]),
            color_spec=nvimgcodec.ColorSpec.SRGB,
            chroma_subsampling=_CHROMA[coding.subsampling],
        )
        source: Any = rgb if self._gpu else rgb.numpy()
        image = nvimgcodec.as_image(source, self._stream(), sample_format=nvimgcodec.SampleFormat.I_RGB)
        made = self._encoder.encode(image, "jpeg", params=params, cuda_stream=self._stream())
        return None if made is None else np.asarray(made).tobytes()

    def _stream(self) -> int:
        return int(torch.cuda.current_stream().cuda_stream) if self._gpu else 0


def suits(data: bytes, jpeg: JpegFile, coding: Coding) -> bool:
    """Whether a JPEG may be decoded and its result encoded here.

    Not grey, not progressive (that is no faster), no file whose Adobe marker may mean another space than YCbCr, none
    that was cut: a GPU would not report missing rows. And no result with another sampling than cameras have.
    """
    whole = data.endswith(_END) and coding.subsampling in _CHROMA
    return whole and jpeg.components == 3 and not (jpeg.progressive or jpeg.adobe)


def quality_like(luma: tuple[int, ...]) -> int:
    """Return the lowest of libjpeg's qualities whose luma steps are together no coarser than these."""
    wanted = sum(luma)
    for quality in range(1, 100):
        scale = 5000 // quality if quality < 50 else 200 - 2 * quality
        if np.clip((_LUMA * scale + 50) // 100, 1, 255).sum() <= wanted:
            return quality
    return 100
