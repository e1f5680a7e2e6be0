"""The retouching of one face on its small grid: from masks to coefficients."""

from dataclasses import dataclass

import cv2
import numpy as np

from models.faces.blemish import heal
from models.faces.eyes import brighten
from models.faces.faces import Float
from models.faces.features import Axes, falling
from models.faces.masks import Masks
from models.faces.planes import brightest, gauss, guided, lab_of, rgb_of, spread
from models.faces.skin import luma_of
from models.faces.teeth import whiten
from models.faces.under_eyes import lighten

_TEXTURE = 0.30  # σ of luma relative to the skin's: less variation is texture, more is an edge
_DETAIL = 0.19  # the same for features: sharpens lashes without doubling the lid's edge
_FINE = 0.02  # σ of texture, in distances of the eyes
_MOST = 1.3  # times the strength that plain skin would need: more for skin with wrinkles, which must stay
_PLASTIC = 0.58  # skin without pores looks like plastic
_DARKEST = 30.0  # luma; darker skin varies by noise, which does not shrink with the light


@dataclass(frozen=True, slots=True)
class Strength:
    """The strengths that sliders give."""

    smooth: float  # part of the deviation of its texture that skin loses
    sharpen: float  # fraction of the distance from the local luma that features gain
    even: float  # fraction by which colour blotches shrink
    lift: float  # L* gain, limited by the room below white
    blemish: float = 0.0  # fraction of the way from spots to their surroundings
    eyes: float = 0.0  # this and the next two are slider values
    teeth: float = 0.0
    dark_circles: float = 0.0

    @staticmethod
    def of(smoothing: float, whitening: float, sharpening: float, **more: float) -> "Strength":
        """The sliders are 0..1; `more` are those of the features."""
        # Of the variance 31 % go at 0.3, 56 % at 0.6 and 75 % at 0.9.
        return Strength(0.56 * smoothing, 0.8 * sharpening, 0.40 * smoothing, 9.4 * whitening, **more)

    @property
    def reaches_bodies(self) -> bool:
        """Whether anything applies to necks and arms."""
        return self.smooth > 0 or self.lift > 0

    def for_body(self, lift: float) -> "Strength":
        """The strengths for neck and arms, which have a colour of their own; `lift` is what the face has gained."""
        return Strength(0.7 * self.smooth, 0.0, 0.0, lift)


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
    rest = (energy * (1 - strengths * reach) ** 2).sum() / max(float(energy.sum()), 1e-3)
    return strengths, max(0.0, 1 - float(rest))


def _gain(energy: Float, reach: Float, wish: float) -> np.float32:
    """Return the strength g that leaves (1 - wish)² of the energy.

    It is the smaller root of Σ e (1 - g r)² = (1 - wish)² Σ e.
    """
    whole, once, twice = (float((energy * reach**power).sum()) for power in (0, 1, 2))
    if twice < 1e-3:
        return np.float32(wish)
    inside = once * once - twice * whole * (1 - (1 - wish) ** 2)
    return np.float32(min((once - max(inside, 0.0) ** 0.5) / twice, _MOST * wish, _PLASTIC))


def tone(rgb: Float, local: Float, masks: Masks, size: float, strength: Strength) -> Float:
    """Return what to add for more even and lighter skin; float32 (h, w, 3), 0 where `masks.glow` is 0.

    Works on the skin's low frequencies in CIELAB, so that the hue stays: chroma and mid-sized blotches of
    lightness move towards the face's own; lightness rises as far as there is room below white.
    """
    if strength.even == 0 and strength.lift == 0:
        return np.zeros_like(rgb)
    lab = lab_of(local)
    wanted = lab.copy()
    gain = _gains(rgb, size, strength)
    if strength.even:
        # What is larger than a blotch is the light, which may be coloured, and stays.
        gaps = spread(lab, masks.skin, 0.32 * size) - lab
        wanted[:, :, 1:] += np.float32(strength.even) * _mostly_along(lab[:, :, 1:], gaps[:, :, 1:])
        # Blotches differ from their surroundings by little; shading, e.g. of a cheekbone, by more.
        gap = gaps[:, :, 0]
        change = np.float32(0.35 * strength.even) * gap * np.exp(-((gap / np.float32(5)) ** 2))
        # What is to be lightened gets no darker anywhere, even where there is no room to lighten it.
        wanted[:, :, 0] += np.maximum(change, -gain) if strength.lift else change
    # Chroma follows lightness by a third: fully looks sunburnt, not at all looks powdered. In the dark, where the same
    # gain is a larger part, it follows more: a third looks grey there.
    lightness = np.maximum(lab[:, :, 0], 10)
    follow = np.clip(1 - lightness / np.float32(75), np.float32(1 / 3), np.float32(0.6))
    wanted[:, :, 1:] *= (1 + gain / lightness * follow)[:, :, None]
    wanted[:, :, 0] += gain
    return np.asarray((rgb_of(wanted) - local) * masks.glow[:, :, None], np.float32)


def _mostly_along(chroma: Float, gaps: Float) -> Float:
    """Return `gaps`, float32 (h, w, 2), with half of what is across `chroma`, which turns the hue."""
    along = (gaps * chroma).sum(axis=2) / ((chroma * chroma).sum(axis=2) + 1)
    return np.asarray((gaps + chroma * along[:, :, None]) * np.float32(0.5), np.float32)


def lift_of(rgb: Float, masks: Masks, size: float, strength: Strength) -> float:
    """Return the mean L* gain of a face's skin."""
    return float(np.average(_gains(rgb, size, strength), weights=masks.skin + np.float32(1e-6)))


def _gains(rgb: Float, size: float, strength: Strength) -> Float:
    """Return the L* gain, float32 (h, w): the same for all skin, as far as there is room."""
    if strength.lift == 0:
        return np.zeros(rgb.shape[:2], np.float32)
    return _least(strength.lift, _room(rgb, size, strength))


def _least(wish: float, room: Float) -> Float:
    """A soft minimum: wish where there is room for it, at most the room."""
    return np.asarray(room / (1 + (room / np.float32(max(wish, 1e-3))) ** 4) ** np.float32(0.25), np.float32)


def _room(rgb: Float, size: float, strength: Strength) -> Float:
    """Return the L* below white, float32 (h, w)."""
    # Use the peaks that remain after smoothing: lifted to white they would lose their colour.
    most = brightest(rgb)
    peaks = cv2.dilate(most, np.ones((5, 5), np.uint8)) - most
    bright = gauss(most + np.float32(1 - strength.smooth) * peaks, 0.06 * size)
    return np.maximum(255 - bright, 0) * np.float32(0.38)  # a level is about 0.4 L*
