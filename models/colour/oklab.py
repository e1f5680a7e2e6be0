"""OKLab (Björn Ottosson, 2020, https://bottosson.github.io/posts/oklab/): lightness and two opponent axes in
which equal angles look like equal hues.
"""

import numpy as np

from models.colour.chroma import Planes, mixed
from models.colour.curves import Floats, Sampled

_TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
_FROM_CONES: Floats = np.linalg.inv(_TO_CONES)
_FROM_LAB: Floats = np.linalg.inv(_TO_LAB)
_CUBE_ROOT = Sampled(np.cbrt, reach=2.25, root=True)


def to_oklab(linear: Planes) -> Planes:
    """L (0..1), a and b of linear sRGB planes; within 1e-5 from code 1 on."""
    l, m, s = mixed(_TO_CONES, linear)  # noqa: E741  # the cones' own names
    return mixed(_TO_LAB, (_CUBE_ROOT(l), _CUBE_ROOT(m), _CUBE_ROOT(s)))


def from_oklab(lab: Planes) -> Planes:
    """Linear sRGB planes, not clipped."""
    l, m, s = mixed(_FROM_LAB, lab)  # noqa: E741
    return mixed(_FROM_CONES, (l * l * l, m * m * m, s * s * s))
