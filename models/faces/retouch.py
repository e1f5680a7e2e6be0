"""The retouching of one face on its small grid: from masks to coefficients."""

from dataclasses import dataclass

import cv2
import numpy as np

from models.faces.blemish import heal
from models.faces.eyes import brighten
from models.faces.features import Axes, Float, falling
from models.faces.masks import Masks
from models.faces.planes import brightest, gauss, guided, lab_of, rgb_of, spread
from models.faces.skin import luma_of
from models.faces.teeth import whiten
from models.faces.under_eyes import lighten

_TEXTURE = 0.30  # σ of luma relative to the skin's: less variation is texture, more is an edge
_DETAIL = 0.19  # the same for features: sharpens lashes without doubling the lid's edge
_DARKEST = 30.0  # luma; darker skin varies by noise, which does not shrink with the light


@dataclass(frozen=True, slots=True)
class Strength:
    """The strengths that sliders give."""

    smooth: float  # fraction of the way from skin to its guided luma
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
        # Variance must fall by less than 85 %: (1 - 0.61)² keeps 15 %. Skin without pores looks like plastic.
        return Strength(0.61 * smoothing**0.85, 0.8 * sharpening, 0.45 * smoothing, 15.5 * whitening, **more)

    @property
    def reaches_bodies(self) -> bool:
        """Whether anything applies to necks and arms."""
        return self.smooth > 0 or self.lift > 0

    @property
    def for_bodies(self) -> "Strength":
        """The strengths for necks and arms: they have a colour of their own, and in the face's shadow would gain
        more light than the face."""
        return Strength(0.7 * self.smooth, 0.0, 0.0, 0.65 * self.lift)


def retouch(rgb: Float, axes: Axes, masks: Masks, strength: Strength, step: int) -> Float:
    """Return the planes A, D_red, D_green, D_blue of all changes to a face, float32 (4, h, w).

    `rgb` is float32 (h, w, 3), 0..255, of cells of step×step pixels. Healing comes first, so that the
    later steps see healed skin.
    """
    mends = _mends(rgb, axes, masks, strength, step)
    if mends is None:
        planes = coefficients(rgb, masks, axes.frame.size, strength)
    else:
        planes = _after(mends, coefficients(_laid(mends, rgb), masks, axes.frame.size, strength))
    if strength.eyes:
        brighten(rgb, planes, axes, masks, strength.eyes)
    if strength.teeth:
        whiten(rgb, planes, axes, masks, strength.teeth)
    return planes


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


def coefficients(rgb: Float, masks: Masks, size: float, strength: Strength) -> Float:
    """Return the planes A, D_red, D_green, D_blue of a face, float32 (4, h, w); 0 where all masks are 0.

    `rgb` is float32 (h, w, 3), 0..255; `size` the distance of the eyes in cells.
    """
    luma = luma_of(rgb)
    typical = max(float(np.average(luma, weights=masks.skin + np.float32(1e-6))), _DARKEST)
    planes = np.zeros((4, *luma.shape), np.float32)
    if strength.smooth:
        slope, level = guided(luma, max(2, round(0.085 * size)), _TEXTURE * typical)
        smooth = np.float32(strength.smooth) * masks.skin
        planes[0] = smooth * (slope - 1)
        planes[1:] = smooth * level
    if strength.sharpen:
        slope, level = guided(luma, max(1, round(0.045 * size)), _DETAIL * typical)
        # Teeth and catchlights are nearly white: sharpening would clip them.
        sharpen = np.float32(strength.sharpen) * masks.sharp * falling(brightest(rgb), 215, 250)
        planes[0] += sharpen * (1 - slope)
        planes[1:] -= sharpen * level
    planes[1:] += tone(rgb, masks, size, strength).transpose(2, 0, 1)
    return planes


def tone(rgb: Float, masks: Masks, size: float, strength: Strength) -> Float:
    """Return what to add for more even and lighter skin; float32 (h, w, 3), 0 where `masks.glow` is 0.

    Works on the skin's low frequencies in CIELAB, so that the hue stays: chroma and mid-sized blotches of
    lightness move towards the face's own; lightness rises as far as there is room below white.
    """
    if strength.even == 0 and strength.lift == 0:
        return np.zeros_like(rgb)
    local = spread(rgb, masks.skin, 0.16 * size)
    lab = lab_of(local)
    wanted = lab.copy()
    if strength.even:
        for channel in (1, 2):
            own = np.average(lab[:, :, channel], weights=masks.skin + np.float32(1e-6))
            wanted[:, :, channel] += np.float32(strength.even) * (np.float32(own) - lab[:, :, channel])
        # Blotches differ from their surroundings by little; shading, e.g. of a cheekbone, by more.
        gap = spread(lab[:, :, 0], masks.skin, 0.45 * size) - lab[:, :, 0]
        wanted[:, :, 0] += np.float32(0.8 * strength.even) * gap * np.exp(-((gap / np.float32(5)) ** 2))
    gain = _lift(rgb, lab[:, :, 0], size, strength)
    # Chroma follows lightness by a third: fully looks sunburnt, not at all looks powdered.
    wanted[:, :, 1:] *= (1 + gain / np.maximum(lab[:, :, 0], 10) / 3)[:, :, None]
    wanted[:, :, 0] += gain
    return np.asarray((rgb_of(wanted) - local) * masks.glow[:, :, None], np.float32)


def _lift(rgb: Float, lightness: Float, size: float, strength: Strength) -> Float:
    """Return the L* gain, float32 (h, w): a soft minimum of the wish and the available room."""
    wish = np.float32(strength.lift) * np.sqrt(np.clip(lightness / 100, 0, 1))
    # Use the peaks that remain after smoothing: lifted to white they would lose their colour.
    most = brightest(rgb)
    peaks = cv2.dilate(most, np.ones((5, 5), np.uint8)) - most
    bright = gauss(most + np.float32(1 - strength.smooth) * peaks, 0.06 * size)
    room = np.maximum(255 - bright, 0) * np.float32(0.5)  # a level is about 0.4 L*
    return np.asarray(wish * room / np.hypot(wish, room + np.float32(1e-3)), np.float32)
