"""A grade on pictures of 16 bits a channel: computed for each pixel, since a table of their colours would have 2^48."""

import numpy as np
import numpy.typing as npt

from models.colour.grade import Grade, GradeFunction
from models.colour.icc import RgbProfile

Deep = npt.NDArray[np.uint16]  # (H, W, 3): RGB in the source's profile

_MOST = 65_535
_PIXELS = 1 << 14  # at a time: more of them, to amortise numpy's calls


def graded(picture: Deep, grade: Grade, profile: RgbProfile | None) -> None:
    """Change the colours in place, in float64, rounded once."""
    function = GradeFunction(grade, profile, _MOST)
    rows = max(1, _PIXELS // picture.shape[1])
    for top in range(0, len(picture), rows):
        strip = picture[top : top + rows]
        for channel, plane in enumerate(function(*np.moveaxis(strip, 2, 0))):
            strip[..., channel] = np.rint(np.clip(plane, 0, 1) * _MOST)
