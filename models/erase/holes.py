"""Cuts a mask into holes, each with the square of the photo from which it is filled."""

from dataclasses import dataclass

import cv2
import numpy as np

from models.erase.region import Mask

NATIVE = 512  # pixels; the largest square that a network, or a method without texture, fills at full resolution
_GRID = 64  # sides of squares are multiples of it, so that many have the same size
_LEAST_MARGIN = 64  # pixels of context around a hole
_CELL = 256  # pixels; a long thin hole (a wire) is filled in pieces
_LONG = 384  # pixels, from which on a thin hole is cut
_THIN = 96  # pixels of width up to which a hole is thin
_NEAR = 16  # pixels; holes closer than this, or than an eighth of their size, are joined
_MOST = 40  # per photo: LaMa takes six seconds for each on one core
_STEP = 4  # the mask is examined in cells of this size

Area = tuple[int, int, int, int]  # x0, y0, x1, y1 in pixels


@dataclass(frozen=True, slots=True)
class Hole:
    """A part of the mask. Depends only on the mask and the photo's size."""

    box: Area  # the filled area; boxes do not overlap
    window: Area  # the context: a square around the box, smaller if the photo is smaller
    native: int  # pixels; the largest square that is filled at full resolution

    @property
    def scale(self) -> float:
        """How many pixels of the photo make one pixel of the model's input; 1 at full resolution."""
        return max(1.0, max(self.window[2] - self.window[0], self.window[3] - self.window[1]) / self.native)


def holes_of(mask: Mask, native: int = NATIVE) -> list[Hole]:
    """Return the holes of a mask, from top to bottom. If there are more than 40, neighbours are united.

    `native` is the inpainter's: a larger square is to be reduced first.
    """
    small = cv2.resize(_padded(mask), None, fx=1 / _STEP, fy=1 / _STEP, interpolation=cv2.INTER_AREA)
    busy = np.asarray(small > 0, np.uint8)
    count, _, stats, _ = cv2.connectedComponentsWithStats(busy)
    areas: list[Area] = [
        (int(x) * _STEP, int(y) * _STEP, int(x + w) * _STEP, int(y + h) * _STEP) for x, y, w, h, _ in stats[1:count]
    ]
    near = float(_NEAR)
    united = _united(areas, near)
    while len(united) > _MOST:
        near *= 2
        united = _united(united, near)
    boxes = _tight(mask, [piece for area in united for piece in _pieces(mask, area)])
    if len(boxes) > _MOST:
        boxes = _tight(mask, united)
    return [
        Hole(box, _window(box, *mask.shape, native=native), native) for box in sorted(boxes, key=lambda box: box[1::-1])
    ]


def _padded(mask: Mask) -> Mask:
    return np.pad(mask, ((0, -mask.shape[0] % _STEP), (0, -mask.shape[1] % _STEP)))


def _united(areas: list[Area], near: float) -> list[Area]:
    """Unite areas that meet when each is enlarged by `near`, or by an eighth of its size."""
    done: list[Area] = []
    for area in areas:
        whole = area
        while (other := next((known for known in done if _meet(whole, known, near)), None)) is not None:
            done.remove(other)
            whole = min(whole[0], other[0]), min(whole[1], other[1]), max(whole[2], other[2]), max(whole[3], other[3])
        done.append(whole)
    return done


def _meet(one: Area, two: Area, near: float) -> bool:
    reach = max(near, min(_long(one), _long(two)) / 8)
    across = max(one[0], two[0]) - min(one[2], two[2])
    along = max(one[1], two[1]) - min(one[3], two[3])
    return max(across, along) < reach


def _long(area: Area) -> int:
    return max(area[2] - area[0], area[3] - area[1])


def _pieces(mask: Mask, area: Area) -> list[Area]:
    """Cut a long thin area into cells; return any other unchanged."""
    x0, y0, x1, y1 = area
    if _long(area) <= _LONG or _width(mask[y0:y1, x0:x1]) > _THIN:
        return [area]
    return [(x, y, min(x + _CELL, x1), min(y + _CELL, y1)) for y in range(y0, y1, _CELL) for x in range(x0, x1, _CELL)]


def _width(mask: Mask) -> float:
    """Return the width in pixels of the mask's thickest part."""
    framed = np.pad(mask, 1)  # beyond the area nothing is masked
    return 2 * float(cv2.distanceTransform(framed, cv2.DIST_L2, cv2.DIST_MASK_3).max())


def _tight(mask: Mask, areas: list[Area]) -> list[Area]:
    """Return the smallest box around the masked pixels of each area; areas without any are left out."""
    boxes = ((x0, y0, cv2.boundingRect(np.ascontiguousarray(mask[y0:y1, x0:x1]))) for x0, y0, x1, y1 in areas)
    return [(x0 + x, y0 + y, x0 + x + w, y0 + y + h) for x0, y0, (x, y, w, h) in boxes if w and h]


def _window(box: Area, height: int, width: int, *, native: int) -> Area:
    """Return the square around a box, moved into the photo, and cut if the photo is smaller."""
    side = _side(_long(box), native)
    x0 = _moved((box[0] + box[2] - side) // 2, side, width)
    y0 = _moved((box[1] + box[3] - side) // 2, side, height)
    return x0, y0, min(x0 + side, width), min(y0 + side, height)


def _side(long: int, native: int) -> int:
    wanted = long + 2 * max(_LEAST_MARGIN, long // 2)
    if wanted > native and long <= native - 2 * _LEAST_MARGIN:
        wanted = native
    return -(-wanted // _GRID) * _GRID


def _moved(start: int, side: int, end: int) -> int:
    return max(0, min(start, end - side))
