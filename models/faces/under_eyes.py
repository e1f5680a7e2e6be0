"""Dark circles: brings the skin below the eyes closer to the light and colour around it."""

import numpy as np

from models.faces.faces import Float
from models.faces.features import Axes, falling
from models.faces.masks import Masks
from models.faces.planes import gauss, lab_of, rgb_of, spread
from models.faces.skin import luma_of

_SPARED = 0.5  # allowed L* difference to the cheek, because completely flat light looks like a mask
_DEEPEST = 22.0  # L*; anything deeper is a shadow of something else


def lighten(rgb: Float, planes: Float, axes: Axes, masks: Masks, amount: float) -> None:
    """Add the changes below the eyes in `rgb`, (h, w, 3), to `planes`, float32 (4, h, w)."""
    amount *= axes.frame.apart
    for side in (-axes.frame.half, axes.frame.half):
        area = axes.around(side, 0.36, 0.60, 0.45)
        view = axes.part(area)
        if view.u.size:
            change = _one(rgb[area], view, side, masks, amount) * masks.own[area][:, :, None]
            planes[(slice(1, None), *area)] += change.transpose(2, 0, 1)


def _one(rgb: Float, view: Axes, side: float, masks: Masks, amount: float) -> Float:
    """Return what to add below one eye, float32 (h, w, 3); `amount` is 0..1."""
    frame, skin = view.frame, masks.model
    bright = luma_of(rgb) / np.float32(skin.luma)
    # Lashes, frames of glasses and hair are darker than any skin in its own shadow.
    plain = falling(-bright, -0.66, -0.48)
    below = falling(view.ellipse(side, 0.25, 0.44 * frame.narrowing, 0.25), 0.55, 1.12)
    below *= falling(-view.ellipse(side, 0.0, 0.30 * frame.narrowing, 0.13), -1.35, -0.95)
    below *= falling(-view.v, -0.10, 0.0)
    cheek = falling(-view.ellipse(side, 0.25, 0.44 * frame.narrowing, 0.25), -1.15, -0.85) * skin.likeness(rgb)
    beside = np.abs(view.u - np.float32(1.1 * side)) < 0.30 * frame.narrowing
    cheek *= beside & (view.v > 0.25) & (view.v < 0.68)
    if float(cheek.sum()) < 8:
        return np.zeros_like(rgb)
    # The lit part of the cheek, without highlights: the nose and the side of the face are in shadow.
    low, high = np.percentile(bright[cheek > 0.5], (70, 97)) if (cheek > 0.5).any() else (0, 9)
    cheek *= (bright >= low) & (bright <= high)
    # Only low frequencies: the crease below the lid and the pores are finer, and stay.
    local = spread(rgb, plain, 0.045 * frame.size)
    lab, own = lab_of(local), lab_of(spread(rgb, cheek, 0.25 * frame.size))
    gap = np.clip(own[:, :, 0] - np.float32(_SPARED) - lab[:, :, 0], 0, _DEEPEST)
    wanted = lab.copy()
    wanted[:, :, 0] += np.float32(0.95 * amount) * gap
    # Colour changes in proportion to shadow or blue; other skin keeps its colour.
    circle = np.maximum(gap / (gap + np.float32(3)), np.clip((own[:, :, 2] - lab[:, :, 2]) / 6 - np.float32(0.3), 0, 1))
    wanted[:, :, 1:] += np.float32(0.8 * amount) * circle[:, :, None] * (own - lab)[:, :, 1:]
    weight = gauss(below * plain, max(0.6, 0.03 * frame.size))
    return np.asarray((rgb_of(wanted) - local) * weight[:, :, None], np.float32)
