"""Whether photos can stay on a GPU from file to file."""

import logging

from models.codec.decoder import OpenStrips
from models.neural.installed import has_gpu_jpeg, has_torch

log = logging.getLogger(__name__)

HOW = "`pip install 'photobatch[gpu]'` brings it"


def jpeg_opener_for(gpu: float) -> tuple[OpenStrips | None, str]:
    """Return what opens JPEGs on the part of a GPU that this process was granted; None where that is impossible.

    It is for `models.codec.decode_in_strips` and pipelines that are `on_device`, for one thread. And what the name of
    the engine gets for it.
    """
    if not gpu or not has_torch():
        return None, ""
    if not has_gpu_jpeg():
        log.error("JPEG on the GPU is wanted and nvImageCodec is not installed, so the CPU decodes: %s", HOW)
        return None, ""
    from models.neural.device import device_for  # noqa: PLC0415

    if device_for(gpu) != "cuda":
        return None, ""
    from models.eager.device_jpeg import JpegDevice  # noqa: PLC0415

    try:
        shared = JpegDevice("cuda")
    except RuntimeError as why:  # for example a driver that is too old for it
        log.error("JPEG on the GPU is wanted and nvImageCodec fails, so the CPU decodes: %s", why)
        return None, ""
    return shared.open, f", {shared.name}"
