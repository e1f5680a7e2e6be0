"""Neck, shoulders and arms: the skin of a face's colour that is connected to it, lightened and smoothed with it."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from models.faces.areas import oval
from models.faces.faces import Face, Float
from models.faces.features import Axes, Frame, falling
from models.faces.masks import Masks
from models.faces.patch import Sheet
from models.faces.planes import around, gauss
from models.faces.retouch import Strength, coefficients
from models.faces.skin import SkinModel, disk, luma_of
from models.picture import Pixels
from models.reduce import reduce_cells

# Lengths are in widths of the face, from the middle of its chin.
_ABOVE, _BELOW, _BESIDE = 0.35, 4.0, 2.4  # extent of the search
_CELLS = 48  # most cells across a face's width
_FEWEST = 10  # with fewer cells a neck is not visible
_CRUMB = 0.015  # in squares of that width: less skin at the throat is ignored
_LARGEST = 9.0  # in squares of that width: more skin than this is a wall
_FAR = 0.6  # part of the face's lightening that a body gets two widths away
_NEAR_CHROMA, _FAR_CHROMA = 1.6, 3.2  # σ; near the face more deviation is allowed than far from it
_ROUGH = (0.045, 0.090)  # luma's deviation within a cell, relative to the skin's: wood, knitwear, hair
_EDGE = (0.16, 0.30)  # difference of neighbouring cells relative to the skin's luma: the edge of a body


@dataclass(frozen=True, slots=True)
class Reduced:
    """A reduced picture."""

    pixels: Pixels
    step: int  # pixels of the picture along one side of a cell
    extent: tuple[int, int]  # height and width of the picture


def body_of(face: Face, others: list[Face], model: SkinModel, view: Reduced, strength: Strength) -> Sheet | None:
    """Return the changes for the body of `face`, whose skin is `model`; `others` are the other faces.

    Faces are in pixels of the picture. None if there is no bare skin, or if that is not certain.
    """
    small, done, extent = view.pixels, view.step, view.extent
    step = done
    while face.width > step * _CELLS:
        step *= 2
    if face.width < step * _FEWEST:
        return None
    x0, y0, x1, y1 = _area(face, step, extent)
    if x0 >= x1 or y0 >= y1:
        return None
    near = small[y0 // done : -(-y1 // done), x0 // done : -(-x1 // done)]
    rgb = reduce_cells(near, step // done)[:, :, :3].astype(np.float32)
    own, others = face.scaled(1 / step), [other.scaled(1 / step) for other in others]
    corner = (x0 / step, y0 / step)
    skin = _skin(rgb, _roughness(near, step // done, model), own, corner, model)
    if skin is None:
        return None
    size = Frame.of(own).size
    rows, columns = around(skin > 0, round(0.5 * size))
    skin, rgb = skin[rows, columns], rgb[rows, columns]
    corner = (corner[0] + columns.start, corner[1] + rows.start)
    for each in (own, *others):
        axes = Axes.over(Frame.of(each), corner, skin.shape)
        skin = skin * (1 - oval(each, axes) ** 2)  # complements the face's own masks: together they are 1
    if others:
        skin = skin * _share(own, others, corner, skin.shape)
    masks = Masks(skin, np.zeros_like(skin), skin, skin, np.ones_like(skin), model)
    planes = coefficients(rgb, masks, size, strength)
    return Sheet(planes, skin, step, x0 + columns.start * step, y0 + rows.start * step)


def _area(face: Face, step: int, extent: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return the area to search for a body, in whole cells of the picture: x0, y0, x1, y1."""
    middle, chin, width = (face.box[0] + face.box[2]) / 2, face.box[3], face.width
    x0, x1 = (int((middle + side * _BESIDE * width) / step) * step for side in (-1, 1))
    y0, y1 = (int((chin + along * width) / step) * step for along in (-_ABOVE, _BELOW))
    return max(0, x0), max(0, y0), min(extent[1], x1), min(extent[0], y1)


def _skin(rgb: Float, rough: Float, face: Face, corner: tuple[float, float], model: SkinModel) -> Float | None:
    """Return how much each cell is skin of this body, float32 (h, w), 0..1; None: no body, or a doubtful one."""
    width = face.width
    across = np.abs(np.arange(rgb.shape[1], dtype=np.float32) + np.float32(corner[0] + 0.5 - _middle(face))) / width
    along = (np.arange(rgb.shape[0], dtype=np.float32)[:, None] + np.float32(corner[1] + 0.5 - face.box[3])) / width
    # Shoulders slope away from the neck: anything higher beside it is background.
    within = falling(across - np.float32(1.5) * np.clip(along - np.float32(0.1), 0, 9), 0.58, 0.85)
    within = within * falling(across, 1.8, _BESIDE - 0.15) * falling(along, 2.6, _BELOW - 0.2)
    like = model.likeness(rgb, _NEAR_CHROMA, _FAR_CHROMA) * falling(rough, *_ROUGH)
    if _behind(like, across, along) > 0.3:  # a wall of that colour: only the neck is certain
        within = within * falling(across, 0.26, 0.40) * falling(along, 0.30, 0.60)
    luma = luma_of(rgb)
    edge = cv2.morphologyEx(luma, cv2.MORPH_GRADIENT, disk(1)) / np.float32(model.luma + 1)
    like = like * within
    solid = (like * falling(edge, *_EDGE) > 0.5).astype(np.uint8)
    opened = np.asarray(cv2.morphologyEx(solid, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)), np.uint8)
    joined = _joined(opened, (across < 0.42) & (along > -0.25) & (along < 0.40), _CRUMB * width**2)
    if not 0 < joined.sum() < _LARGEST * width**2:
        return None
    # Restore what the opening and the edge removed, as far as it is skin.
    brush = disk(max(1.0, 0.06 * width))
    whole, filled = cv2.dilate(joined, brush), cv2.morphologyEx(joined, cv2.MORPH_CLOSE, brush)
    skin = gauss(np.maximum(like * whole, filled), max(0.6, 0.035 * width)) * within
    distance = np.hypot(across, np.maximum(along, 0))
    return np.asarray(skin * (1 - np.float32(1 - _FAR) * (1 - falling(distance, 0.5, 2.0))), np.float32)


def _middle(face: Face) -> float:
    return (face.box[0] + face.box[2]) / 2


def _behind(like: Float, across: Float, along: Float) -> float:
    """Return the fraction of the background beside chin and neck that looks like skin, for the worse side."""
    beside = (across > 0.95) & (along < 0.15) & (across < 1.9)
    left, right = np.split(beside, [int(np.argmin(across))], axis=1)
    sides = np.split(like, [int(np.argmin(across))], axis=1)
    return max(
        (float(side[area].mean()) for side, area in zip(sides, (left, right), strict=True) if area.any()), default=0.0
    )


def _joined(solid: npt.NDArray[np.uint8], seed: npt.NDArray[np.bool_], least: float) -> npt.NDArray[np.uint8]:
    """Return the parts of `solid` that are connected to at least `least` cells under `seed`, at the throat.

    A chin's shadow may separate the neck from the face, so the face alone cannot be the seed.
    """
    count, labels = cv2.connectedComponents(solid, connectivity=4)
    own = np.zeros(count, np.uint8)
    own[np.bincount(labels[seed], minlength=count) >= least] = 1
    own[0] = 0
    return np.asarray(own[labels], np.uint8)


def _roughness(near: Pixels, step: int, model: SkinModel) -> Float:
    """Return the standard deviation of luma within cells of step×step pixels, or around single-pixel cells."""
    grey = cv2.cvtColor(near, cv2.COLOR_RGBA2GRAY).astype(np.float32)
    if step == 1:
        mean, square = cv2.blur(grey, (3, 3)), cv2.blur(grey * grey, (3, 3))
    else:
        grey = np.pad(grey, ((0, -grey.shape[0] % step), (0, -grey.shape[1] % step)), mode="edge")
        size = (grey.shape[1] // step, grey.shape[0] // step)
        mean, square = (cv2.resize(plane, size, interpolation=cv2.INTER_AREA) for plane in (grey, grey * grey))
    return np.asarray(np.sqrt(np.maximum(square - mean * mean, 0)) / np.float32(model.luma + 12), np.float32)


def _share(own: Face, others: list[Face], corner: tuple[float, float], shape: tuple[int, int]) -> Float:
    """Return how much of a cell belongs to this body and not to `others`: the nearer chin gets more."""
    share = np.ones(shape, np.float32)
    mine = _distance(own, corner, shape)
    for other in others:
        theirs = _distance(other, corner, shape)
        share *= falling(np.asarray(mine / np.maximum(theirs, 1e-3), np.float32), 0.8, 1.25)
    return share


def _distance(face: Face, corner: tuple[float, float], shape: tuple[int, int]) -> Float:
    """Return the distance from the chin in widths of the face, float32 `shape`."""
    xs = np.arange(shape[1], dtype=np.float32) + np.float32(corner[0] + 0.5 - _middle(face))
    ys = np.arange(shape[0], dtype=np.float32)[:, None] + np.float32(corner[1] + 0.5 - face.box[3])
    return np.asarray(np.hypot(xs, ys) / np.float32(face.width), np.float32)
