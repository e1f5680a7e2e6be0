"""The retouching of one face on its small grid: from masks to coefficients."""

import numpy as np

from models.faces.blemish import heal
from models.faces.eyes import brighten
from models.faces.faces import Float
from models.faces.features import Axes, falling
from models.faces.masks import Masks
from models.faces.planes import brightest, gauss, guided, spread
from models.faces.skin import luma_of
from models.faces.strength import Strength
from models.faces.teeth import whiten
from models.faces.tone import tone
from models.faces.under_eyes import lighten

_TEXTURE = 0.30  # σ of luma relative to the skin's: less variation is texture, more is an edge
_DETAIL = 0.19  # the same for features: sharpens lashes without doubling the lid's edge
_FINE = 0.02  # σ of texture, in distances of the eyes
_MOST = 1.3  # times the strength that plain skin would need: more for skin with wrinkles, which must stay
_PLASTIC = 0.58  # skin without pores looks like plastic
_DARKEST = 30.0  # luma; darker skin varies by noise, which does not shrink with the light


def retouch(rgb: Float, axes: Axes, masks: Masks, strength: Strength, step: int) -> tuple[Float, float | None]:
    """Return the planes A, D_red, D_green, D_blue of all changes to a face, float32 (4, h, w).

    The other value is the part of the variance of its texture that the face loses, None without smoothing. `rgb` is
    float32 (h, w, 3), 0..255, of cells of step×step pixels. Healing comes first, so that the later steps see healed
    skin.
    """
    mends = _mends(rgb, axes, masks, strength, step)
    if mends is None:
        planes, cut = coefficients(rgb, masks, axes.frame.size, strength)
    else:
        planes, cut = coefficients(_laid(mends, rgb), masks, axes.frame.size, strength)
        planes = _after(mends, planes)
    if strength.eyes:
        brighten(rgb, planes, axes, masks, strength.eyes)
    if strength.teeth:
        whiten(rgb, planes, axes, masks, strength.teeth)
    return planes, cut


def _mends(rgb: Float, axes: Axes, masks: Masks, strength: Strength, step: int) -> Float | None:
    """Return the planes that heal spots and dark circles; None: nothing to heal."""
    spots = heal(rgb, axes, masks, strength.blemish, step) if strength.blemish else None
    if not strength.dark_circles:
        return spots
    mended, mends = (rgb, np.zeros((4, *rgb.shape[:2]), np.float32)) if spots is None else (_laid(spots, rgb), spots)
    lighten(mended, mends, axes, masks, strength.dark_circles)
    return mends


def _laid(planes: Float, rgb: Float) -> Float:
    """Return the cells after applying planes, float32 (h, w, 3)."""
    return np.asarray(rgb + (planes[0] * luma_of(rgb) + planes[1:]).transpose(1, 2, 0), np.float32)


def _after(first: Float, second: Float) -> Float:
    """Return the planes of `first` followed by `second`."""
    moved = luma_of(first[1:].transpose(1, 2, 0))
    planes = first + second
    planes[0] += first[0] * second[0]
    planes[1:] += second[0] * moved
    return planes


def coefficients(rgb: Float, masks: Masks, size: float, strength: Strength) -> tuple[Float, float | None]:
    """Return the planes A, D_red, D_green, D_blue of a face, float32 (4, h, w); 0 where all masks are 0.

    The other value is what `retouch` says.

    `rgb` is float32 (h, w, 3), 0..255; `size` the distance of the eyes in cells.
    """
    luma = luma_of(rgb)
    typical = max(float(np.average(luma, weights=masks.skin + np.float32(1e-6))), _DARKEST)
    planes, cut = np.zeros((4, *luma.shape), np.float32), None
    local = spread(rgb, masks.skin, 0.16 * size)
    if strength.smooth:
        # What is beside skin, such as hair or a dark background, must not colour its edge.
        within = luma_of(local) + (luma - luma_of(local)) * np.minimum(2 * masks.skin, 1)
        slope, level = guided(within, max(2, round(0.085 * size)), _TEXTURE * typical)
        strengths, cut = _evenly(luma, masks, masks.skin * (1 - slope), size, strength.smooth)
        smooth = strengths * masks.skin
        planes[0] = smooth * (slope - 1)
        planes[1:] = smooth * level
        # Dark places that become lighter get the colour of the skin: white is what highlights lose.
        raised = np.maximum(planes[0] * luma + smooth * level, 0) * masks.skin
        tint = local / (luma_of(local) + np.float32(1))[:, :, None] - 1
        planes[1:] += raised * tint.transpose(2, 0, 1)
    if strength.sharpen:
        slope, level = guided(luma, max(1, round(0.045 * size)), _DETAIL * typical)
        # Teeth and catchlights are nearly white: sharpening would clip them.
        sharpen = np.float32(strength.sharpen) * masks.sharp * falling(brightest(rgb), 215, 250)
        planes[0] += sharpen * (1 - slope)
        planes[1:] -= sharpen * level
    planes[1:] += tone(rgb, local, masks, size, strength).transpose(2, 0, 1)
    return planes, cut


def _evenly(luma: Float, masks: Masks, reach: Float, size: float, wish: float) -> tuple[Float, float]:
    """Return the strength for each cell, float32 (h, w), with which both halves of a face lose the same texture.

    And the part of its variance that they lose together.

    `reach` is the part of the texture of a cell that full strength would take, `wish` the part of its deviation that
    skin is to lose.
    """
    fine = luma - gauss(luma, max(1.0, _FINE * size))
    energy = fine * fine * masks.skin * masks.middle
    sides = [_gain(energy * side, reach, wish) for side in (masks.left, 1 - masks.left)]
    strengths = np.asarray(sides[0] * masks.left + sides[1] * (1 - masks.left), np.float32)
    whole, rest = float(energy.sum()), float((energy * (1 - strengths * reach) ** 2).sum())
    return strengths, 1 - rest / whole if whole >= 1 else 0.0


def _gain(energy: Float, reach: Float, wish: float) -> np.float32:
    """Return the strength g that leaves (1 - wish)² of the energy.

    It is the smaller root of Σ e (1 - g r)² = (1 - wish)² Σ e.
    """
    whole, once, twice = (float((energy * reach**power).sum()) for power in (0, 1, 2))
    if twice < 1e-3:
        return np.float32(wish)
    inside = once * once - twice * whole * (1 - (1 - wish) ** 2)
    return np.float32(min((once - max(inside, 0.0) ** 0.5) / twice, _MOST * wish, _PLASTIC))
