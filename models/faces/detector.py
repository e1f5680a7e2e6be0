"""Face detection on the CPU."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace

import cv2
import numpy as np

from models.faces.faces import LONG_SIDE, Face, detection_step
from models.faces.networks import RUNTIME, CenterFace, FaceMesh, YuNet
from models.picture import Pixels
from models.reduce import reduce_cells

_PROPOSAL = 0.2  # score; tilted faces get little
_PERHAPS = 0.2  # CenterFace's score, for faces that the edge cuts in half
_PROPOSED = 0.25  # the weight of the proposal's score
_CROP, _CROP_PIXELS = 1.8, 192  # a crop is 1.8 times its face: 107 pixels, where landmarks are the most exact
_SAME = 0.3  # part of the union of two boxes
_MOST = 256  # faces
_SMALLEST = 8.0  # pixels; narrower faces are ignored
_SMALL = 24.0  # pixels of the first view; where such a face is, others may have been missed
_SHARED = 64  # pixels that the quarters of the second view have in common: a small face and its surroundings


class FaceDetector:
    """A quick network proposes faces; a better one confirms each in a crop, and places its landmarks.

    The quick network misses small faces. Where it finds one, it looks a second time, at twice the scale.

    Use a detector from one thread at a time.
    """

    def __init__(self, threshold: float = 0.5) -> None:
        self._quick, self._sure = YuNet(), CenterFace()
        self.mesh = FaceMesh()
        self._threshold = threshold
        self._last: tuple[Pixels, list[Face]] | None = None  # a picture and its faces
        weights = "".join(network.sha256 for network in (self._quick, self._sure, self.mesh))
        self.engine = f"{RUNTIME}, faces {hashlib.sha256(weights.encode()).hexdigest()[:12]}"

    def detect(self, pixels: Pixels) -> list[Face]:
        """Return the faces in `pixels`, uint8 (H, W, 4) of any size, the largest first.

        A face narrower than about 2 % of the long side may be missed, most likely where it is alone. One mostly outside
        the picture is not found, and of more than 256 the rest. The faces of the last picture are remembered, since a
        page asks for previews of one photo in several looks.
        """
        step = detection_step(pixels.shape[0], pixels.shape[1])
        small = reduce_cells(pixels, step)
        if self._last is None or not np.array_equal(self._last[0], small):
            self._last = small.copy(), self._found(small, step)
        return [face.scaled(step) for face in self._last[1]]

    def _found(self, small: Pixels, step: int) -> list[Face]:
        """Return the faces in a picture that was reduced by `step`, the largest first."""
        faces: list[Face] = []
        for face in sorted(self._confirmed(small), key=lambda one: one.score, reverse=True):
            if face.width * step >= _SMALLEST and all(face.overlap(other) <= _SAME for other in faces):
                faces.append(face)
        return sorted(faces, key=lambda one: one.width * one.height, reverse=True)

    def _confirmed(self, small: Pixels) -> list[Face]:
        """Return what a first look finds and, if a face there is small, what a second adds at twice the scale."""
        factor = min(1.0, LONG_SIDE / max(small.shape[:2]))
        view = _resized(small, factor)
        faces = self._new(small, self._quick.faces(view, _PROPOSAL), factor, [])
        if any(face.width * factor < _SMALL for face in faces):
            view = _resized(small, 2 * factor)
            proposals = [
                face.scaled(1, corner)
                for part, corner in _quarters(view)
                for face in self._quick.faces(part, _PROPOSAL)
            ]
            fitting = [face for face in proposals if face.width >= 2 * _SMALLEST]
            faces += self._new(small, fitting, 2 * factor, faces)
        return faces

    def _new(self, small: Pixels, proposals: list[Face], factor: float, known: list[Face]) -> list[Face]:
        """Return those of the faces proposed in a view of `small` at `factor` that are confirmed and not yet known."""
        found: list[Face] = []
        for face in sorted(proposals, key=lambda one: one.score, reverse=True)[: _MOST - len(known)]:
            proposal = face.scaled(1 / factor)
            if not _reaches_into(small, proposal) or any(proposal.overlap(other) > _SAME for other in known):
                continue
            if confirmed := self._look(small, proposal):
                found.append(confirmed)
        return found

    def _look(self, small: Pixels, proposal: Face) -> Face | None:
        """Return the face that CenterFace sees where one was proposed, in pixels of `small`."""
        side = _CROP * max(proposal.width, proposal.height)
        x0, y0 = ((proposal.box[axis] + proposal.box[axis + 2] - side) / 2 for axis in (0, 1))
        crop, corner, step = _part(small, x0, y0, side)
        factor = _CROP_PIXELS / crop.shape[0]
        how = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
        view = cv2.resize(crop, (_CROP_PIXELS, _CROP_PIXELS), interpolation=how)
        seen = [face.scaled(step / factor, corner) for face in self._sure.faces(view, _PERHAPS)]
        face = max(seen, key=proposal.overlap, default=None)
        if face is None or proposal.overlap(face) <= _SAME:
            return None
        score = _PROPOSED * proposal.score + (1 - _PROPOSED) * face.score
        return replace(face, score=score) if score > self._threshold else None


def _resized(small: Pixels, factor: float) -> cv2.typing.MatLike:
    """Return the view of `small` for YuNet, BGR."""
    view = cv2.cvtColor(small, cv2.COLOR_RGBA2BGR)
    if factor == 1.0:
        return view
    size = (max(1, round(small.shape[1] * factor)), max(1, round(small.shape[0] * factor)))
    return cv2.resize(view, size)  # means of areas take as long as the network, and find no more


def _quarters(view: cv2.typing.MatLike) -> Iterator[tuple[cv2.typing.MatLike, tuple[int, int]]]:
    """Yield four parts of a view and their corners. The network keeps the memory of the largest view that it saw."""
    height, width = view.shape[:2]
    rows, columns = (min(size, (size + _SHARED) // 2) for size in (height, width))
    for top in (0, height - rows):
        for left in (0, width - columns):
            yield view[top : top + rows, left : left + columns], (left, top)


def _reaches_into(small: Pixels, face: Face) -> bool:
    """Whether the box of a face covers more than the outermost pixels of the picture."""
    x0, y0, x1, y1 = face.box
    return x1 > 1 and y1 > 1 and x0 < small.shape[1] - 1 and y0 < small.shape[0] - 1


def _part(small: Pixels, x0: float, y0: float, side: float) -> tuple[cv2.typing.MatLike, tuple[int, int], int]:
    """Return a square of `small`, its corner there, and the step by which it is reduced.

    The square is RGB, uint8, black beyond the edges of `small`, and at most twice as large as CenterFace needs it.
    """
    step = detection_step(int(side), int(side), _CROP_PIXELS)
    left, top = (int(value // step) for value in (x0, y0))  # in cells
    cells = max(1, round(side / step))
    square = np.zeros((cells, cells, 3), np.uint8)
    inside = reduce_cells(
        small[max(0, top) * step : (top + cells) * step, max(0, left) * step : (left + cells) * step], step
    )
    rows, columns = inside.shape[:2]
    down, right = max(0, -top), max(0, -left)
    square[down : down + rows, right : right + columns] = cv2.cvtColor(inside, cv2.COLOR_RGBA2RGB)
    return square, (left * step, top * step), step
