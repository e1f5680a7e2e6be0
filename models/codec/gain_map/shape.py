"""Whether a gain map can be that of a picture."""

from models.gain_map import Samples

_UNLIKE = 0.03  # part by which the shapes of picture and map may differ: sizes of maps are rounded


def has_shape_of(samples: Samples, width: int, height: int) -> bool:
    """Whether samples (h, w, n) can be the map of a picture of that size, which is never smaller."""
    high, wide = samples.shape[:2]
    return fits(wide, high, width, height)


def fits(wide: int, high: int, width: int, height: int) -> bool:
    """Whether a map of `wide` × `high` samples can be that of a picture of `width` × `height` pixels."""
    if not (0 < wide <= width and 0 < high <= height):
        return False
    return abs(wide * height / (high * width) - 1) < _UNLIKE + 1 / min(wide, high)
