"""Brightens eyes: the iris gains light and structure, the white becomes a little whiter."""

import numpy as np

from models.faces.faces import Float
from models.faces.features import Axes, falling
from models.faces.masks import Masks
from models.faces.planes import brightest, guided
from models.faces.skin import luma_of, redness_of

_REACH = (0.50, 0.50)  # of the window around an eye; all lengths are fractions of the distance between the eyes
_IRIS = 0.115  # its radius


def brighten(rgb: Float, planes: Float, axes: Axes, masks: Masks, amount: float) -> None:
    """Add the changes for eyes in `rgb`, (h, w, 3), to `planes`, float32 (4, h, w); `amount` is 0..1."""
    amount *= min(1.0, max(0.0, axes.frame.size / 10 - 0.8))  # leave an iris of two cells alone
    amount *= axes.frame.apart
    for side in (-axes.frame.half, axes.frame.half):
        area = axes.around(side, 0, *_REACH)
        view = axes.part(area)
        if view.u.size == 0:
            continue
        place = (slice(None), *area)
        planes[place] += _one(rgb[area], view, side, masks, masks.own[area]) * np.float32(amount)


def _one(rgb: Float, view: Axes, side: float, masks: Masks, own: Float) -> Float:
    """Return the planes of one eye at full amount, float32 (4, h, w)."""
    skin = masks.model
    luma = luma_of(rgb)
    bright = luma / np.float32(skin.luma)
    within = falling(view.ellipse(side, 0, 0.27 * view.frame.narrowing, 0.135), 0.80, 1.20)
    # The white is bright and less red than skin, except for the catchlight.
    white = within * falling(redness_of(rgb) / np.float32(skin.redness), 0.35, 0.75)
    white *= falling(-bright, -0.65, -0.40) * falling(bright, 0.95, 1.35)
    iris = _iris(bright, view, side)
    # The catchlight is nearly white already, and must stay the brightest part.
    gentle = own * _seen(rgb, view, side, masks) * falling(brightest(rgb), 205, 245)
    slope, level = guided(luma, max(1, round(0.05 * view.frame.size)), 0.19 * skin.luma)
    crisp = np.float32(0.35) * np.maximum(iris, white) * gentle
    gain = (np.float32(0.32) * iris + np.float32(0.09) * white) * gentle
    clear = np.float32(0.45) * white * gentle
    planes = np.empty((4, *luma.shape), np.float32)
    planes[0] = gain + crisp * (1 - slope)
    colour = (rgb - luma[:, :, None]).transpose(2, 0, 1)
    # The iris keeps its hue with half of the chroma that more light would give. The white loses its chroma.
    planes[1:] = colour * (gain * np.float32(0.5) - clear) - crisp * level
    return planes


def _iris(bright: Float, view: Axes, side: float) -> Float:
    """Return a disk on the dark area near the landmark, which may be off by half an iris; float32 (h, w), 0..1."""
    dark = falling(bright, 0.40, 0.75) * falling(view.ellipse(side, 0, 0.20, 0.12), 0.60, 1.0)
    weight = float(dark.sum()) + 1e-3
    u, v = float((view.u * dark).sum()) / weight, float((view.v * dark).sum()) / weight
    disk = falling(view.ellipse(u, v + 0.01, _IRIS * view.frame.narrowing, _IRIS), 0.75, 1.20)
    return disk * falling(bright, 0.60, 0.90)


def _seen(rgb: Float, view: Axes, side: float, masks: Masks) -> float:
    """Return 1 if there is skin around an eye, 0 for dark glasses or hair."""
    distance = view.ellipse(side, 0.12, 0.42, 0.30)
    ring = (distance > 0.75) & (distance < 1.1) & (view.v > 0.12)
    if not ring.any():
        return 1.0
    skin = float(masks.model.likeness(rgb)[ring].mean())
    return float(falling(np.asarray(-skin, np.float32), -0.60, -0.30))
