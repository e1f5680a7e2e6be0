"""Heals spots on the skin: finds what is small, round and dark or red, and fills it from its surroundings."""

import cv2
import numpy as np
import numpy.typing as npt

from models.faces.faces import Float
from models.faces.features import Axes
from models.faces.masks import Masks
from models.faces.planes import around, gauss, spread
from models.faces.skin import SkinModel, disk, luma_of

# Lengths are fractions of the distance between the eyes, about 63 mm.
_WIDEST = 0.13  # a spot: 8 mm
_AROUND = 0.19  # size of the median with which a spot is compared
_DEPTH = 0.06  # fraction of the skin's green; less contrast is texture
_LEAST = 16.0  # cells from eye to eye; smaller faces show no spots
_DARKEST = 0.40  # fraction of the skin's green; darker things are moles, hair or the rims of glasses, and stay
_NARROWEST = 0.03  # 2 mm
_FLAT = 0.55  # reduction of a spot's own rim and grain
_RUFFLED = 0.12  # largest part of a spot's surroundings that may stand out too
_CROWD = 0.08  # from this density on spots are freckles or stubble, and stay


def heal(rgb: Float, axes: Axes, masks: Masks, amount: float, step: int) -> Float | None:
    """Return planes, float32 (4, h, w), that remove spots in `rgb`, (h, w, 3), at `amount` 1; None: no spots.

    The cells are step×step pixels.
    """
    size = axes.frame.size
    allowed = _allowed(axes, masks)
    if size < _LEAST or not allowed.any():
        return None
    area = around(allowed, round(_AROUND * size / 2))
    near, allowed = rgb[area], allowed[area]
    spots = _spots(near, allowed, size, masks.model)
    if spots is None:
        return None
    planes = np.zeros((4, *rgb.shape[:2]), np.float32)
    planes[(slice(None), *area)] = _filled(near, spots, allowed, masks.own[area] * np.float32(amount), size, step)
    return planes


def _filled(  # noqa: PLR0917
    rgb: Float, spots: npt.NDArray[np.uint8], allowed: npt.NDArray[np.bool_], amount: Float, size: float, step: int
) -> Float:
    """Return the planes that fill spots from their surroundings."""
    whole = cv2.dilate(spots, disk(max(1.0, 0.012 * size)))
    weight = gauss(whole.astype(np.float32), max(0.6, 0.012 * size)) * amount
    skin = spread(rgb, (allowed & (whole == 0)).astype(np.float32), 0.045 * size)
    change = (skin - rgb) * weight[:, :, None]
    if step == 1:
        return np.concatenate([np.zeros((1, *weight.shape), np.float32), change.transpose(2, 0, 1)])
    # Interpolation between cells lowers a peak by up to a quarter: compensate here.
    kernel = np.asarray((0.125, 0.75, 0.125), np.float32)
    change = 2 * change - cv2.sepFilter2D(change, -1, kernel, kernel)
    flat = np.float32(_FLAT) * weight  # reduce the parts of a spot finer than a cell, with its texture
    return np.concatenate([-flat[None], change.transpose(2, 0, 1) + flat * luma_of(rgb)])


def _allowed(axes: Axes, masks: Masks) -> npt.NDArray[np.bool_]:
    """Return the skin including spots, which do not look like skin, and without nostrils; bool (h, w)."""
    frame = axes.frame
    skin = (masks.skin > 0.45 * masks.own).astype(np.uint8) & (masks.own > 0.3)
    whole = cv2.morphologyEx(skin, cv2.MORPH_CLOSE, disk(0.06 * frame.size))
    nostrils = axes.ellipse(0, 0.62 * frame.drop, 0.30, 0.13) < 1
    return np.asarray((whole > 0) & ~nostrils)


def _spots(rgb: Float, allowed: npt.NDArray[np.bool_], size: float, skin: SkinModel) -> npt.NDArray[np.uint8] | None:
    """1 on spots, uint8 (h, w); None when there are none."""
    # Green shows both dark and red spots. 8 bits, because a median with a large window supports no more.
    green = np.clip(rgb[:, :, 1] * np.float32(140 / (skin.colour[1] + 1)), 0, 255).astype(np.uint8)
    median = cv2.medianBlur(green, max(5, 2 * round(_AROUND * size / 2) + 1))
    excess = (median.astype(np.float32) - green) / np.float32(140 * _DEPTH)
    # Rough skin and noise vary more: only what stands out from that is a spot.
    usual = 1.4826 * float(np.median(np.abs(excess[allowed]))) if allowed.any() else 0.0
    excess /= np.float32(max(1.0, 4 * usual))
    spots = np.zeros(allowed.shape, np.bool_)
    for level in (0.5, 1.0):  # a spot at a shadow's edge is isolated only at the higher level
        spots |= _round_ones(excess, level, allowed & (green > 140 * _DARKEST), size)
    return spots.astype(np.uint8) if spots.any() else None


def _round_ones(excess: Float, level: float, allowed: npt.NDArray[np.bool_], size: float) -> npt.NDArray[np.bool_]:
    """Return small, round, isolated areas with `excess` above `level`, and above 1 somewhere; bool (h, w)."""
    wide = (excess > level).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(wide, connectivity=8)
    seen = np.zeros(count, np.bool_)
    seen[labels[excess > 1]] = True
    seen[labels[~allowed]] = False
    seen[0] = False
    area, across, along = (stats[:, kind] for kind in (cv2.CC_STAT_AREA, cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT))
    long = np.maximum(across, along)
    specks = long <= max(3.0, _WIDEST * size)
    specks[0] = False
    seen &= (area >= (_NARROWEST * size) ** 2) & specks & (area >= 0.5 * across * along)
    # A wrinkle or a hair is long and thin.
    seen &= (long <= 2.2 * np.minimum(across, along)) | (area <= 3)
    if not seen.any():
        return np.zeros_like(allowed)
    # A spot is surrounded by plain skin; a piece of a wrinkle or hairline is not.
    kept = np.where(seen[labels], labels, 0).astype(np.float32)
    ring = cv2.dilate(kept, disk(max(2.0, 0.05 * size))).astype(np.int32)
    ring[seen[labels]] = 0
    crowd = spread(specks[labels].astype(np.float32), allowed.astype(np.float32), 0.22 * size) > _CROWD
    busy = ~allowed | ((excess > 0.4) & ~seen[labels]) | crowd
    rims = np.maximum(np.bincount(ring.ravel(), minlength=count), 1)
    seen &= np.bincount(ring.ravel(), weights=busy.ravel(), minlength=count) / rims < _RUFFLED
    return np.asarray(seen[labels], np.bool_)
