"""Finds the gain map of a HEIC, which is an auxiliary picture as Apple writes it."""

from typing import TYPE_CHECKING, Any

import numpy as np

from models.codec.gain_map import apple
from models.codec.gain_map.iso import UnknownError
from models.codec.gain_map.shape import has_shape_of
from models.codec.orientation import turned
from models.gain_map import GainMap, Samples
from models.picture import Source

if TYPE_CHECKING:
    from pillow_heif import HeifImage


def map_of_heic(data: bytes, image: "HeifImage", source: Source) -> GainMap | None:
    """Return the upright map of a picture; None if there is none that is understood.

    Limit: a map that only ISO 21496-1 describes (`tmap`) is not found, since libheif does not show it as auxiliary.
    """
    info: dict[str, Any] = image.info
    names: list[int] = info.get("aux", {}).get(apple.AUXILIARY, [])
    if not names:
        return None
    try:
        headroom = apple.headroom_in(data, source.exif)
        samples: Samples = np.array(image.get_aux_image(names[0]))
    except (UnknownError, ValueError, RuntimeError, SyntaxError, OSError):  # of pillow-heif: it is damaged
        return None
    if samples.dtype != np.uint8:
        return None
    samples = samples.reshape(*samples.shape[:2], -1)[:, :, :1]
    size = source.width, source.height
    if not has_shape_of(samples, *size):  # libheif turns an auxiliary picture only where its own properties say so
        samples = turned(samples, source.orientation)
        if not has_shape_of(samples, *size):
            return None
    return GainMap(*apple.standard(samples, headroom))
