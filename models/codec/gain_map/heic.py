"""Finds the gain map of a HEIC: a hidden picture by ISO 21496-1, or an auxiliary one as Apple writes it."""

from typing import TYPE_CHECKING, Any

import numpy as np

from models.codec.container.iso_maps import tone_map_of, with_main
from models.codec.gain_map import apple, iso
from models.codec.gain_map.iso import UnknownError
from models.codec.gain_map.shape import has_shape_of
from models.codec.orientation import turned
from models.gain_map import GainMap, Samples
from models.picture import Source

if TYPE_CHECKING:
    from pillow_heif import HeifImage


def map_of_heic(data: bytes, image: "HeifImage", source: Source) -> GainMap | None:
    """Return the upright map of a picture; None if there is none that is understood."""
    return _by_standard(data, source) or _by_apple(data, image, source)


def _by_standard(data: bytes, source: Source) -> GainMap | None:
    found = tone_map_of(data)
    file = with_main(data, found[0]) if found else None
    if found is None or file is None:
        return None
    import pillow_heif  # noqa: PLC0415  # there already

    try:
        scale = iso.read(found[1])
        opened = pillow_heif.open_heif(file)
        samples = np.array(opened[opened.primary_index])
    except (UnknownError, ValueError, RuntimeError, SyntaxError, OSError):
        return None
    upright = _upright(samples, source)
    return GainMap(upright, scale) if upright is not None else None


def _by_apple(data: bytes, image: "HeifImage", source: Source) -> GainMap | None:
    info: dict[str, Any] = image.info
    names: list[int] = info.get("aux", {}).get(apple.AUXILIARY, [])
    if not names:
        return None
    try:
        headroom = apple.headroom_in(data, source.exif)
        samples: Samples = np.array(image.get_aux_image(names[0]))
    except (UnknownError, ValueError, RuntimeError, SyntaxError, OSError):  # of pillow-heif: it is damaged
        return None
    upright = _upright(samples, source)
    return GainMap(*apple.standard(upright[:, :, :1], headroom)) if upright is not None else None


def _upright(samples: Samples, source: Source) -> Samples | None:
    """Return the samples (h, w, 1 or 3) of a map, turned as its picture is; None if they cannot be its map."""
    samples = samples.reshape(*samples.shape[:2], -1)
    if samples.dtype != np.uint8 or samples.shape[2] not in (1, 3):
        return None
    size = source.width, source.height
    if not has_shape_of(samples, *size):  # libheif turns a map only where its own properties say so
        samples = turned(samples, source.orientation)
    return samples if has_shape_of(samples, *size) else None
