"""Whitens teeth: bright, not red areas between the lips lose yellow and gain some light."""

import cv2
import numpy as np

from models.faces.faces import Float
from models.faces.features import Axes, falling
from models.faces.masks import Masks
from models.faces.planes import brightest, gauss, lab_of, rgb_of, spread
from models.faces.skin import luma_of

_RIM = 0.92  # of the mouth's ellipse: areas that reach it are a white beard or skin, not teeth
_PALEST = 8.0  # least a* of skin: in a grey picture teeth cannot be distinguished
_LEAST = 0.012  # in squares of the distance of the eyes: smaller areas are the gloss of closed lips


def whiten(rgb: Float, planes: Float, axes: Axes, masks: Masks, amount: float) -> None:
    """Add the changes for teeth in `rgb`, (h, w, 3), to `planes`, float32 (4, h, w); `amount` is 0..1."""
    wide = max(axes.frame.mouth, 0.8)
    area = axes.around(0, axes.frame.drop + 0.07, 0.65 * wide, 0.35 * wide)
    view, near = axes.part(area), rgb[area]
    if view.u.size == 0:
        return
    teeth = _teeth(near, view, masks)
    if teeth is None:
        return
    size = view.frame.size
    local = spread(near, teeth, 0.04 * size)
    lab = lab_of(local)
    wanted = lab.copy()
    # Only the excess over a healthy tooth.
    yellow = np.maximum(lab[:, :, 2] - 2, 0)
    wanted[:, :, 2] -= np.float32(0.75 * amount) * yellow
    wanted[:, :, 1] -= np.float32(0.25 * amount) * np.maximum(lab[:, :, 1], 0)
    room = np.maximum(240 - gauss(brightest(near), 0.03 * size), 0) * np.float32(0.3)
    wish = np.float32(7 * amount)
    wanted[:, :, 0] += wish * room / np.hypot(wish, room + np.float32(1e-3))
    change = (rgb_of(wanted) - local) * (teeth * masks.own[area])[:, :, None]
    planes[(slice(1, None), *area)] += change.transpose(2, 0, 1)


def _teeth(rgb: Float, view: Axes, masks: Masks) -> Float | None:
    """Return where teeth are, float32 (h, w), 0..1; None: the mouth is closed."""
    frame, skin = view.frame, masks.model
    distance = view.ellipse(0, frame.drop + 0.07, 0.54 * frame.mouth, 0.23 * max(frame.mouth, 0.8))
    light = luma_of(rgb) / np.float32(skin.luma)
    # CIE a* is the same for yellow teeth and white ones.
    red = max(float(lab_of(skin.colour[None, None])[0, 0, 1]), _PALEST)
    mask = falling(lab_of(rgb)[:, :, 1] / np.float32(red), 0.45, 0.80) * falling(-light, -0.78, -0.52)
    mask = np.asarray(mask * (distance < 1), np.float32)
    _, labels, stats, _ = cv2.connectedComponentsWithStats((mask > 0.4).astype(np.uint8), connectivity=8)
    at_rim = np.bincount(labels[(distance > _RIM) & (distance < 1)], minlength=len(stats))
    area, width = stats[:, cv2.CC_STAT_AREA], stats[:, cv2.CC_STAT_WIDTH]
    kept = (at_rim < 0.06 * area) & (area > _LEAST / 2 * frame.size**2)
    kept[0] = False
    if area[kept].sum() < _LEAST * frame.size**2 or width[kept].max() < 0.2 * frame.size:
        return None
    near = cv2.dilate(kept[labels].astype(np.uint8), np.ones((3, 3), np.uint8))
    return gauss(mask * near, max(0.6, 0.012 * frame.size))
