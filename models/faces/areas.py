"""Soft areas of a face on the cells of a crop: its oval, its features."""

from collections.abc import Sequence

import cv2
import numpy as np

from models.faces.faces import Face, Float
from models.faces.features import Axes, falling

_FOREHEAD = 0.30  # from the mesh's upper edge to the hair, of the distance of the eyes
_BITS = 4  # of a cell, in coordinates


def oval(face: Face, axes: Axes) -> Float:
    """Return 1 within the face with its forehead and ears, falling to 0 outside; float32 (h, w).

    The mesh ends in the middle of the forehead, whose upper half is taken from the same outline, moved up.
    """
    outlines = face.drawn
    outline = outlines.oval
    up = -np.asarray(axes.frame.down, np.float32) * np.float32(_FOREHEAD * axes.frame.size)
    return area([outline, outline + up, *outlines.ears], axes, grow=0.04, soft=0.20)


def core(face: Face, axes: Axes) -> Float:
    """Return 1 within the outline of the mesh, falling to 0 before its edge: what is there is skin or a feature."""
    return area([face.drawn.oval], axes, grow=-0.10, soft=0.14)


def mesh(face: Face, axes: Axes) -> Float:
    """Return 1 within the outline of the mesh, falling to 0 at its edge; float32 (h, w)."""
    return area([face.drawn.oval], axes, soft=0.06)


def ears(face: Face, axes: Axes) -> Float:
    """Return 1 where the ears are, falling to 0 outside; float32 (h, w)."""
    polygons = face.drawn.ears
    return area(polygons, axes, grow=0.04, soft=0.12) if polygons else np.zeros_like(axes.u)


def features(face: Face, axes: Axes) -> tuple[Float, Float]:
    """Return the soft area of eyes and lips to exclude from smoothing, and the tighter one to sharpen: (h, w)."""
    outlines = face.drawn
    keep = np.maximum(area(outlines.eyes, axes, 0.10, 0.10), area([outlines.lips], axes, 0.05, 0.08))
    sharp = np.maximum(area(outlines.eyes, axes, 0.08, 0.08), area([outlines.lips], axes, 0.0, 0.06))
    return keep, sharp


def brows(face: Face, axes: Axes) -> Float:
    """Return where to look for brows, float32 (h, w), 0..1: the mesh draws them as thick as any brow."""
    return area(face.drawn.brows, axes, 0.06, 0.08)


def area(polygons: Sequence[Float], axes: Axes, grow: float = 0.0, soft: float = 0.1) -> Float:
    """Return 1 within the polygons, grown on all sides, falling to 0 around their edges; float32 (h, w).

    `polygons` are in cells, `axes` those of the crop; `grow` and `soft`, the width of the fall, are fractions of the
    distance of the eyes.
    """
    size = axes.frame.size
    shape, corner = axes.u.shape, np.asarray(axes.corner, np.float32)
    result = np.zeros(shape, np.float32)
    ends = np.concatenate(list(polygons)) - corner
    reach = (max(grow, 0.0) + soft) * size + 2
    x0, y0 = np.maximum(0, np.floor(ends.min(axis=0) - reach).astype(int))
    x1, y1 = np.minimum((shape[1], shape[0]), np.ceil(ends.max(axis=0) + reach).astype(int))
    if x0 >= x1 or y0 >= y1:
        return result
    # With a cell around, for what reaches beyond the crop.
    inside = np.zeros((y1 - y0 + 2, x1 - x0 + 2), np.uint8)
    shift = corner + np.asarray((x0, y0), np.float32) - np.float32(0.5)  # 0.5: from centres; 1: the cell around
    for polygon in polygons:
        points = np.round((polygon - shift) * (1 << _BITS)).astype(np.int32)
        cv2.fillPoly(inside, [points], 1, lineType=cv2.LINE_8, shift=_BITS)
    beyond = _distance(1 - inside) - _distance(inside)
    beyond -= np.float32(0.5) * np.sign(beyond)
    distance = np.asarray(beyond[1:-1, 1:-1] / np.float32(size), np.float32)
    result[y0:y1, x0:x1] = falling(distance, grow - soft / 2, grow + soft / 2)
    return result


def _distance(plane: cv2.typing.MatLike) -> Float:
    return np.asarray(cv2.distanceTransform(plane, cv2.DIST_L2, 5), np.float32)
