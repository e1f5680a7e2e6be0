"""nvImageCodec beside a fake GPU: libjpeg-turbo decodes and encodes, and the pixels are on the GPU as it has it."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from nvidia import nvimgcodec

# The real ones, which a fake device replaces.
_DECODER, _ENCODER, _AS_IMAGE = nvimgcodec.Decoder, nvimgcodec.Encoder, nvimgcodec.as_image


class _Image:
    """A decoded image on the GPU."""

    def __init__(self, image: Any) -> None:
        self.host = torch.from_numpy(np.asarray(image))


def fakes(
    check: Callable[[], None], kind: type[torch.Tensor], put: Callable[[torch.Tensor], torch.Tensor]
) -> dict[str, object]:
    """Return what replaces nvImageCodec and its way to torch, by name.

    `check` raises if the device is lost, `kind` is the class of its tensors, and `put` makes one of a tensor.
    """

    def chosen(given: dict[str, Any]) -> dict[str, Any]:
        backends = [nvimgcodec.Backend(nvimgcodec.BackendKind.CPU_ONLY)]
        return given | {"device_id": nvimgcodec.NVIMGCODEC_DEVICE_CPU_ONLY, "backends": backends}

    class Decoder:
        def __init__(self, **given: Any) -> None:
            self._decoder = _DECODER(**chosen(given))

        def decode(self, source: Any, *, params: Any, cuda_stream: int = 0) -> Any:
            check()
            many = self._decoder.decode(source, params=params)
            if isinstance(many, list):
                return [None if image is None else _Image(image) for image in many]
            return None if many is None else _Image(many)

    class Encoder:
        def __init__(self, **given: Any) -> None:
            self._encoder = _ENCODER(**chosen(given))

        def encode(self, images: Any, codec: str, *, params: Any, cuda_stream: int = 0) -> Any:
            check()
            return self._encoder.encode(images, codec, params=params)

    def as_image(source: Any, cuda_stream: int = 0, **given: Any) -> Any:
        if not (isinstance(source, kind) and source.is_contiguous()):
            raise ValueError("the codec takes contiguous tensors of the GPU")
        return _AS_IMAGE(source.host.numpy(), **given)  # type: ignore[attr-defined]

    return {
        "nvidia.nvimgcodec.Decoder": Decoder,
        "nvidia.nvimgcodec.Encoder": Encoder,
        "nvidia.nvimgcodec.as_image": as_image,
        "torch.utils.dlpack.from_dlpack": lambda image: put(image.host),
    }
