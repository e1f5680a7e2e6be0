"""Neck, shoulders and arms: the skin of a face's colour that is connected to it, lightened and smoothed with it.

Nothing is decided by a limit alone, since a neck must not be retouched in one photo of a batch and left in the next:
all decisions are soft, and are taken on cells of the same size for each face.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from models.faces.areas import oval
from models.faces.faces import Face, Float
from models.faces.features import Axes, Frame, falling
from models.faces.masks import Masks
from models.faces.patch import Sheet
from models.faces.planes import around, gauss, spread
from models.faces.retouch import coefficients
from models.faces.skin import SkinModel, disk, luma_of
from models.faces.strength import Strength
from models.picture import Pixels
from models.reduce import reduce_cells

# Lengths are in widths of the face, from the lowest point of its chin.
_ABOVE, _BELOW, _BESIDE = 0.35, 4.0, 2.4  # extent of the search
_UPRIGHT = 0.5  # how much a body is more upright than a tilted head
_TURNED = 0.7  # how far the neck is from the chin to the middle of a turned head
_CELLS = 40  # across a face's width: where it is decided what is skin
_FARTHEST = 400  # of these cells: a longer way is a maze, which would take long
_COARSE = 64  # most cells across it: where the changes are computed
_FEW = (9.0, 14.0)  # with fewer pixels across it a neck is not visible
_LARGEST = (7.0, 11.0)  # in squares of that width: more skin than this is a wall
_FAR = 0.6  # part of the face's lightening that a body gets two widths away
_NEAR_CHROMA, _FAR_CHROMA = 1.6, 3.2  # σ; near the face more deviation is allowed than far from it
_THROAT = (2.5, 6.0)  # σ of chroma where the place says that it is a neck
_SHADOW = 0.20  # there, skin may be as dark as this part of its lit luma
_ROUGH = (0.030, 0.060)  # fine luma in parts of the light: wood, knitwear, hair
_STRANDS = (0.045, 0.060)  # the same at the throat, where shadows and chains are
_LINE = 0.06  # the most that a line counts
_EDGE = (0.16, 0.30)  # difference of neighbouring cells relative to the skin's luma: the edge of a body
_BEHIND = (0.15, 0.45)  # part of the background that looks like skin: then only the neck is certain


@dataclass(frozen=True, slots=True)
class Reduced:
    """A reduced picture."""

    pixels: Pixels
    step: int  # pixels of the picture along one side of a cell
    extent: tuple[int, int]  # height and width of the picture


def body_of(face: Face, others: list[Face], model: SkinModel, view: Reduced, strength: Strength) -> Sheet | None:
    """Return the changes for the body of `face`, whose skin is `model`; `others` are the other faces.

    Faces are in pixels of the picture, with their outlines. None if there is no bare skin, or if that is not certain.
    """
    small, done, extent = view.pixels, view.step, view.extent
    step = done
    while face.width > step * _COARSE:
        step *= 2
    x0, y0, x1, y1 = _area(_trunk(face), step, extent)
    if face.width < done * _FEW[0] or x0 >= x1 or y0 >= y1:
        return None
    near = small[y0 // done : -(-y1 // done), x0 // done : -(-x1 // done)]
    rgb = reduce_cells(near, step // done)[:, :, :3].astype(np.float32)
    skin = _skin(near, face.scaled(1 / done, (-x0 / done, -y0 / done)), model, step // done, rgb.shape[:2])
    if not skin.any():
        return None
    own, others = face.scaled(1 / step), [other.scaled(1 / step) for other in others]
    size = Frame.of(own).size
    rows, columns = around(skin > 0, round(0.5 * size))
    skin, rgb = skin[rows, columns], rgb[rows, columns]
    corner = (x0 / step + columns.start, y0 / step + rows.start)
    for each in (own, *others):
        axes = Axes.over(Frame.of(each), corner, skin.shape)
        skin = skin * (1 - oval(each, axes) ** 2)  # complements the face's own masks: together they are 1
    if others:
        skin = skin * _share(own, others, corner, skin.shape)
    masks = Masks(skin, np.zeros_like(skin), skin, own=skin, middle=skin, left=np.ones_like(skin), model=model)
    planes, _ = coefficients(rgb, masks, size, strength)
    return Sheet(planes, skin, step, x0 + columns.start * step, y0 + rows.start * step)


def _trunk(face: Face) -> Frame:
    """Return the axes of the body: from the chin, more upright than those of the head, in widths of the face."""
    head, oval = Frame.of(face), face.drawn.oval
    right, down = np.asarray(head.right, np.float32), np.asarray(head.down, np.float32)
    chin, across = oval[int(np.argmax(oval @ down))], oval @ right
    # The chin of a turned head is beside the neck, which is below the middle of the head.
    chin = chin + right * np.float32(_TURNED * ((across.min() + across.max()) / 2 - chin @ right))
    down = down + np.asarray((0, _UPRIGHT), np.float32)
    x, y = (down / np.float32(np.hypot(*down))).tolist()
    return replace(head, origin=(float(chin[0]), float(chin[1])), right=(y, -x), down=(x, y), size=face.width)


def _area(trunk: Frame, step: int, extent: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return the area to search for a body, in whole cells of the picture: x0, y0, x1, y1."""
    corners = [trunk.point(side, along) for side in (-_BESIDE, _BESIDE) for along in (-_ABOVE, _BELOW)]
    xs, ys = zip(*corners, strict=True)
    x0, y0 = (int(min(each) / step) * step for each in (xs, ys))
    x1, y1 = (int(max(each) / step) * step for each in (xs, ys))
    return max(0, x0), max(0, y0), min(extent[1], x1), min(extent[0], y1)


def _skin(near: Pixels, face: Face, model: SkinModel, step: int, shape: tuple[int, int]) -> Float:
    """Return how much each of `shape` cells of step×step pixels of `near` is skin of this body, float32, 0..1."""
    factor = _CELLS / face.width
    size = (max(1, round(near.shape[1] * factor)), max(1, round(near.shape[0] * factor)))
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    rgb = cv2.resize(near, size, interpolation=how)[:, :, :3].astype(np.float32)
    across, down = size[0] / near.shape[1], size[1] / near.shape[0]  # after rounding
    xs = (np.arange(size[0], dtype=np.float32) + np.float32(0.5)) / np.float32(across)
    ys = (np.arange(size[1], dtype=np.float32)[:, None] + np.float32(0.5)) / np.float32(down)
    skin = _decided(rgb, *_trunk(face).place(xs, ys), model) * (1 - _one(face.width, *_FEW))
    to = np.asarray(((across * step, 0, (across * step - 1) / 2), (0, down * step, (down * step - 1) / 2)))
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(skin, to, shape[::-1], flags=flags, borderMode=cv2.BORDER_REPLICATE), np.float32)


def _decided(rgb: Float, aside: Float, along: Float, model: SkinModel) -> Float:
    """Return how much each cell is skin of this body, float32 (h, w), 0..1.

    `aside` and `along` say how far the cells are beside and below the chin, in widths of the face.
    """
    across = np.abs(aside)
    # Shoulders slope away from the neck: anything higher beside it is background.
    within = falling(across - np.float32(1.5) * np.clip(along - np.float32(0.1), 0, 9), 0.58, 0.85)
    within *= falling(across, 1.8, _BESIDE - 0.15) * falling(along, 2.6, _BELOW - 0.2)
    throat = falling(across, 0.30, 0.46) * falling(along, 0.30, 0.60)
    like, dim = model.likeness(rgb, _NEAR_CHROMA, _FAR_CHROMA), model.likeness(rgb, *_THROAT, darkest=_SHADOW)
    rough = _roughness(rgb, dim)
    like *= falling(rough, *_ROUGH)
    alone = 1 - _one(_behind(like, aside, along), *_BEHIND)
    within *= 1 - alone * (1 - throat)
    like = np.maximum(like, throat * dim * falling(rough, *_STRANDS)) * within
    joined = _joined(like * falling(_edges(rgb, model), *_EDGE), throat * falling(-along, 0.05, 0.25))
    # Restore what the edges removed, as far as it is skin.
    brush = disk(0.06 * _CELLS)
    skin = gauss(np.minimum(like, cv2.dilate(joined, brush)), 0.025 * _CELLS) * within
    distance = np.hypot(across, np.maximum(along, 0))
    skin *= 1 - np.float32(1 - _FAR) * (1 - falling(distance, 0.5, 2.0))
    return skin * np.float32(_one(float(skin.sum()) / _CELLS**2, *_LARGEST))


def _roughness(rgb: Float, like: Float) -> Float:
    """Return how much luma varies from cell to cell, without shading, in parts of the light; float32 (h, w).

    Only cells that are `like` skin count, so that the edge of a collar does not.
    """
    luma = luma_of(rgb)
    light = spread(luma, like, 3.0) + np.float32(24)
    fine = np.abs(luma - spread(luma, like, 1.0)) / light
    return spread(np.minimum(fine, np.float32(_LINE)), like, 1.5)


def _edges(rgb: Float, model: SkinModel) -> Float:
    luma = luma_of(rgb)
    return np.asarray(cv2.morphologyEx(luma, cv2.MORPH_GRADIENT, disk(1)) / np.float32(model.luma + 1), np.float32)


def _behind(like: Float, aside: Float, along: Float) -> float:
    """Return the part of the background beside chin and neck that looks like skin, for the worse side."""
    beside = (np.abs(aside) > 0.95) & (along < 0.15) & (np.abs(aside) < 1.9)
    sides = (beside & (aside < 0), beside & (aside > 0))
    return max((float(like[side].mean()) for side in sides if side.any()), default=0.0)


def _one(value: float, inner: float, outer: float) -> float:
    return float(falling(np.asarray(value, np.float32), inner, outer))


def _joined(like: Float, seed: Float) -> Float:
    """Return how much each cell is connected to the throat by skin, float32 (h, w), 0..1.

    It is the most skin-like way's least skin-like cell: a grey reconstruction by dilation (Vincent, 1993). A chin's
    shadow may separate the neck from the face, so the face alone cannot be the seed.
    """
    mask, reached = (np.asarray(np.round(255 * plane), np.uint8) for plane in (like, np.minimum(like, seed)))
    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    for _ in range(_FARTHEST):
        further = np.minimum(mask, cv2.dilate(reached, cross))
        if np.array_equal(further, reached):
            break
        reached = further
    return np.asarray(reached * np.float32(1 / 255), np.float32)


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
    xs = np.arange(shape[1], dtype=np.float32) + np.float32(corner[0] + 0.5)
    ys = np.arange(shape[0], dtype=np.float32)[:, None] + np.float32(corner[1] + 0.5)
    return np.asarray(np.hypot(*_trunk(face).place(xs, ys)), np.float32)
