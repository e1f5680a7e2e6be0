"""Draws the outlines of a face and its features: by the mesh of a network, or guessed from five landmarks."""

from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt

from models.faces.faces import Face, Float, Outlines
from models.faces.features import Frame
from models.faces.networks import FaceMesh

LEAST = 0.5  # of the network's certainty
# The network's first view of a face, found on portraits such that the mesh is in its middle.
_SIDE = 1.38  # of the longer side of a box
_LOWER = 0.08  # of a box's width
_AROUND = 1.5  # side of its second view, of the longer side of the first mesh

# Points of the mesh, in order around each outline. Left and right are those of the picture.
_UPPER = (127, 162, 21, 54, 103, 67, 109, 10, 338, 297, 332, 284, 251, 389, 356)
_LOWER_RIGHT = (454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152)
_LOWER_LEFT = (148, 176, 149, 150, 136, 172, 58, 132, 93, 234)
OVAL = [*_UPPER, *_LOWER_RIGHT, *_LOWER_LEFT]
EYES = (
    (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246),
    (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466),
)
BROWS = (
    (46, 53, 52, 65, 55, 107, 66, 105, 63, 70),
    (276, 283, 282, 295, 285, 336, 296, 334, 293, 300),
)
LIPS = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185)
_NOSE_TIP, _MOUTH = 1, (61, 291)
_SIDES = (234, 454)  # the outermost points
_BESIDE = ((127, 132), (356, 361))  # beside the eye and beside the mouth
_OUT, _EAR = 0.05, 0.09  # of the width between the sides: an ear's middle from there, half its width
_HIDDEN = 0.30  # of that width: a side that is nearer to the nose hides its ear
_POINTS = 24  # of a guessed outline


def drawn(network: FaceMesh, rgb: npt.NDArray[np.uint8], face: Face) -> Face:
    """Return a face in `rgb`, uint8 (h, w, 3), with its outlines, and with landmarks by the same mesh.

    If the network sees no face there (a profile, half a face), the landmarks stay, and the outlines are guessed.
    """
    points, certain = points_of(network, rgb, face)
    if certain < LEAST:
        return replace(face, outlines=guessed(face))
    eyes, brows = ((points[list(left)], points[list(right)]) for left, right in (EYES, BROWS))
    outlines = Outlines(points[OVAL], eyes, brows, points[list(LIPS)], ears_of(points))
    marks = [*(_middle(eye) for eye in eyes), points[_NOSE_TIP], *points[list(_MOUTH)]]
    return replace(face, landmarks=tuple((float(x), float(y)) for x, y in marks), outlines=outlines)


def points_of(network: FaceMesh, rgb: npt.NDArray[np.uint8], face: Face) -> tuple[Float, float]:
    """Return the points of the mesh in pixels of `rgb`, float32 (468, 2), and how certain a face is there, 0..1.

    The network looks twice, the second time where the first mesh is: that is upright and in the middle, whatever the
    detector's box was, so that the same face gets the same mesh in each photo.
    """
    frame = Frame.of(face)
    x0, y0, x1, y1 = face.box
    centre = np.asarray(((x0 + x1) / 2, (y0 + y1) / 2)) + _LOWER * face.width * np.asarray(frame.down)
    points, certain = _seen(network, rgb, frame.right, centre, _SIDE * max(face.width, face.height))
    if certain < LEAST:
        return points, certain
    left, right = (_middle(points[list(eye)]) for eye in EYES)
    across, down = ((right - left) / np.float32(np.hypot(*(right - left)))).tolist()
    turned = points @ np.asarray(((across, -down), (down, across)), np.float32)
    x, y = _middle(turned).tolist()
    centre = np.asarray((x * across - y * down, x * down + y * across))
    side = _AROUND * float((turned.max(axis=0) - turned.min(axis=0)).max())
    return _seen(network, rgb, (across, down), centre, side)


def _seen(
    network: FaceMesh,
    rgb: npt.NDArray[np.uint8],
    right: tuple[float, float],
    centre: npt.NDArray[np.float64],
    side: float,
) -> tuple[Float, float]:
    """As `points_of` has it, for a square view of `side` pixels, whose rows lie along the unit vector `right`."""
    x, y = right
    turn = np.asarray(((x, y), (-y, x))) * (FaceMesh.SIDE / side)
    to = np.column_stack((turn, FaceMesh.SIDE / 2 - turn @ centre))
    view = cv2.warpAffine(rgb, to, (FaceMesh.SIDE, FaceMesh.SIDE), borderMode=cv2.BORDER_REPLICATE)
    seen, certain = network.points(view)
    back = np.asarray(cv2.invertAffineTransform(to), np.float64)
    return np.asarray(seen @ back[:, :2].T + back[:, 2], np.float32), certain


def guessed(face: Face) -> Outlines:
    """Return ellipses where five landmarks let expect the features."""
    frame = Frame.of(face)
    half, narrow, mouth = frame.half, frame.narrowing, frame.mouth

    def ellipse(u: float, v: float, across: float, along: float) -> Float:
        turns = np.arange(_POINTS) * (2 * np.pi / _POINTS)
        places = [frame.point(u + across * float(np.cos(t)), v + along * float(np.sin(t))) for t in turns]
        return np.asarray(places, np.float32)

    eyes = ellipse(-half, 0.0, 0.22 * narrow, 0.09), ellipse(half, 0.0, 0.22 * narrow, 0.09)
    brows = ellipse(-half - 0.04, -0.32, 0.36 * narrow, 0.10), ellipse(half + 0.04, -0.32, 0.36 * narrow, 0.10)
    x, y = ((face.box[axis] + face.box[axis + 2]) / 2 for axis in (0, 1))
    xs, ys = frame.place(np.asarray(x, np.float32), np.asarray(y, np.float32))
    across, along = 0.50 * face.width / frame.size, 0.56 * face.height / frame.size
    oval = ellipse(float(xs), float(ys) - 0.06 * along, across, along)
    return Outlines(oval, eyes, brows, ellipse(0.0, frame.drop, 0.50 * mouth, 0.20 * max(mouth, 0.8)))


def ears_of(points: Float) -> tuple[Float, ...]:
    """Return where the ears are, beside the cheeks from the eyes down to the mouth; a turned head hides one."""
    sides = [points[index] for index in _SIDES]
    width = float(np.hypot(*(sides[1] - sides[0])))
    ears = []
    for side, other, (upper, lower) in zip(sides, sides[::-1], _BESIDE, strict=True):
        out = (side - other) / np.float32(width)
        if float((side - points[_NOSE_TIP]) @ out) < _HIDDEN * width:
            continue
        along = (points[lower] - points[upper]) * np.float32(0.60)
        middle = (points[lower] + points[upper]) / 2 + out * np.float32(_OUT * width)
        turns = np.arange(_POINTS, dtype=np.float32)[:, None] * np.float32(2 * np.pi / _POINTS)
        ears.append(np.asarray(middle + np.cos(turns) * out * np.float32(_EAR * width) + np.sin(turns) * along))
    return tuple(ears)


def _middle(polygon: Float) -> Float:
    return np.asarray((polygon.min(axis=0) + polygon.max(axis=0)) / 2, np.float32)
