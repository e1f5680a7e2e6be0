"""The networks for faces, on onnxruntime: YuNet proposes, CenterFace confirms, FaceMesh draws.

weights/README.md says where their files come from.
"""

import hashlib
from importlib import resources

import cv2
import numpy as np
import onnxruntime

from models.faces.faces import Face, Float

_MULTIPLE = 32  # both networks halve their input five times
_OVERLAP = 0.3  # boxes that share more than this part of their union are one face
_STRIDES = (8, 16, 32)  # of YuNet: pixels of the input per cell of an output
_LARGEST = 4.0  # logarithm of a size in cells: more than any view holds
_STRIDE = 4  # of CenterFace

RUNTIME = f"onnxruntime {onnxruntime.__version__}"  # another one rounds in another way

onnxruntime.set_default_logger_severity(3)  # errors; it warns of GPUs that it is not asked to use


class Network:
    """A network for pictures of any size. Its memory stays with it between calls."""

    def __init__(self, name: str) -> None:
        weights = resources.files("models.faces").joinpath("weights", f"{name}.onnx").read_bytes()
        self.sha256 = hashlib.sha256(weights).hexdigest()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1  # the workers are the parallelism
        options.enable_mem_pattern = False  # it would keep memory for each size of a picture
        self._session = onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])
        self._input = self._session.get_inputs()[0].name
        self._outputs = [output.name for output in self._session.get_outputs()]

    def _run(self, view: cv2.typing.MatLike) -> dict[str, Float]:
        """Return all outputs by name, without their batch axis, for `view`, uint8 (h, w, 3); its edges are padded."""
        below, right = -view.shape[0] % _MULTIPLE, -view.shape[1] % _MULTIPLE
        canvas = cv2.copyMakeBorder(view, 0, below, 0, right, cv2.BORDER_CONSTANT)
        outputs = self._session.run(self._outputs, {self._input: cv2.dnn.blobFromImage(canvas)})
        return {name: output[0] for name, output in zip(self._outputs, outputs, strict=True)}


class YuNet(Network):
    """Finds what may be a face (Wu et al., "YuNet: A Tiny Millisecond-level Face Detector"; MIT).

    It also takes dogs, cats and emoji for faces.
    """

    def __init__(self) -> None:
        super().__init__("yunet")

    def faces(self, bgr: cv2.typing.MatLike, threshold: float) -> list[Face]:
        """Return the faces in `bgr`, uint8 (h, w, 3), without landmarks, the best first."""
        found = self._run(bgr)
        width = -(-bgr.shape[1] // _MULTIPLE) * _MULTIPLE  # with the padding
        parts = [_cells(found, stride, width // stride, threshold) for stride in _STRIDES]
        boxes, scores = (np.concatenate(each) for each in zip(*parts, strict=True))
        return [Face(_corners(boxes[index]), (), float(scores[index])) for index in _best(boxes, scores, threshold)]


class CenterFace(Network):
    """Finds faces and their landmarks (Xu et al., "CenterFace: Joint Face Detection and Alignment Using Face as Point";
    MIT)."""

    def __init__(self) -> None:
        super().__init__("centerface")

    def faces(self, rgb: cv2.typing.MatLike, threshold: float) -> list[Face]:
        """Return the faces in `rgb`, uint8 (h, w, 3), the best first."""
        found = self._run(rgb)
        heat, scale, offset, points = (found[name] for name in self._outputs)
        # Section 3 of the paper: each cell with a high score is the centre of a box.
        rows, columns = np.nonzero(heat[0] > threshold)
        scores = heat[0, rows, columns]
        heights, widths = np.exp(scale[:, rows, columns]) * _STRIDE
        shift_y, shift_x = offset[:, rows, columns]
        lefts = (columns + shift_x + 0.5) * _STRIDE - widths / 2
        tops = (rows + shift_y + 0.5) * _STRIDE - heights / 2
        # Landmarks are (y, x) in fractions of the box.
        ys = points[0::2, rows, columns] * heights + tops
        xs = points[1::2, rows, columns] * widths + lefts
        boxes = np.stack((lefts, tops, widths, heights), axis=1)
        faces = []
        for index in _best(boxes, scores, threshold):
            marks = tuple((float(x), float(y)) for x, y in zip(xs[:, index], ys[:, index], strict=True))
            faces.append(Face(_corners(boxes[index]), marks, float(scores[index])))
        return faces


class FaceMesh(Network):
    """Finds 468 points of a face (Kartynnik et al., "Real-time Facial Surface Geometry from Monocular Video on Mobile
    GPUs"; Apache-2.0)."""

    SIDE = 192  # pixels of its view

    def __init__(self) -> None:
        super().__init__("face_landmark")

    def points(self, rgb: cv2.typing.MatLike) -> tuple[Float, float]:
        """Return the points (468, 2: x, y) in `rgb`, uint8 (192, 192, 3), and how certain it is of a face, 0..1.

        The face must be upright, with its centre in the middle, and take two thirds of the view.
        """
        blob = cv2.dnn.blobFromImage(rgb, 1 / 255)
        points, presence = self._session.run(self._outputs, {self._input: blob})
        certain = 1 / (1 + float(np.exp(-np.clip(presence.ravel()[0], -50, 50))))
        return np.ascontiguousarray(points.reshape(-1, 3)[:, :2]), certain


def _cells(found: dict[str, Float], stride: int, columns: int, threshold: float) -> tuple[Float, Float]:
    """Return boxes (n, 4: left, top, width, height) and scores (n,) of the cells of one of YuNet's outputs."""
    certain, present = found[f"cls_{stride}"][:, 0], found[f"obj_{stride}"][:, 0]
    scores = np.sqrt(certain.clip(0, 1) * present.clip(0, 1))
    (cells,) = np.nonzero(scores > threshold)
    box = found[f"bbox_{stride}"][cells]
    centres = (np.stack((cells % columns, cells // columns), axis=1) + box[:, :2]) * stride
    sizes = np.exp(np.minimum(box[:, 2:], _LARGEST)) * stride
    return np.concatenate((centres - sizes / 2, sizes), axis=1).astype(np.float32), scores[cells]


def _best(boxes: Float, scores: Float, threshold: float) -> list[int]:
    """Return which of overlapping boxes stay: those with the highest scores, in their order."""
    if scores.size == 0:
        return []
    kept = cv2.dnn.NMSBoxes(boxes.tolist(), scores.tolist(), threshold, _OVERLAP)
    return [int(index) for index in np.asarray(kept, np.int64).ravel()]


def _corners(box: Float) -> tuple[float, float, float, float]:
    left, top, width, height = (float(value) for value in box)
    return left, top, left + width, top + height
