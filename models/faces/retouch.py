"""The retouching of one face on its small grid: masks in, coefficients out."""

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

_TEXTURE = 0.30  # σ of luma in parts of the skin's: what varies less is texture, what varies more is an edge
_DETAIL = 0.19  # the same for features: lashes are sharpened, the lid's edge is not drawn twice
_DARKEST = 30.0  # luma; in darker skin it is noise that varies, and noise doesn't shrink with the light


@dataclass(frozen=True, slots=True)
class Strength:
    """What the sliders mean."""

    smooth: float  # part of the way to the guided luma that skin goes
    sharpen: float  # part of the distance from the local luma that features gain
    even: float  # part by which blotches of colour shrink
    lift: float  # L* that white would gain if there were room
    blemish: float = 0.0  # of the way that spots go to what is around them
    eyes: float = 0.0  # these three as the sliders have them
    teeth: float = 0.0
    dark_circles: float = 0.0

    @staticmethod
    def of(smoothing: float, whitening: float, sharpening: float, **more: float) -> "Strength":
        """The sliders are 0..1; `more` are those of the features."""
        # Variance must not fall by 85 %, and (1 - 0.61)² keeps 15 %. Skin without pores is plastic.
        return Strength(0.61 * smoothing**0.85, 0.8 * sharpening, 0.45 * smoothing, 15.5 * whitening, **more)

    @property
    def reaches_bodies(self) -> bool:
        """Whether there is anything to do for necks and arms."""
        return self.smooth > 0 or self.lift > 0

    @property
    def for_bodies(self) -> "Strength":
        """What of it is for necks and arms: their colour is their own, and in the face's shadow they
        would gain more than it does."""
        return Strength(0.7 * self.smooth, 0.0, 0.0, 0.65 * self.lift)


def retouch(rgb: Float, axes: Axes, masks: Masks, strength: Strength, step: int) -> Float:
    """The planes A, D_red, D_green, D_blue of all that is to be done to a face, float32 (4, h, w).

    `rgb` is float32 (h, w, 3), 0..255, of cells of step×step pixels. What mends comes first, so that the
    rest sees mended skin.
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
    """The planes that mend spots and dark circles; None: there is nothing to mend."""
    spots = heal(rgb, axes, masks, strength.blemish, step) if strength.blemish else None
    if not strength.dark_circles:
        return spots
    mended, mends = (rgb, np.zeros((4, *rgb.shape[:2]), np.float32)) if spots is None else (_laid(spots, rgb), spots)
    lighten(mended, mends, axes, masks, strength.dark_circles)
    return mends


def _laid(planes: Float, rgb: Float) -> Float:
    """What cells become, float32 (h, w, 3)."""
    return np.asarray(rgb + (planes[0] * luma_of(rgb) + planes[1:]).transpose(1, 2, 0), np.float32)


def _after(first: Float, second: Float) -> Float:
    """The planes that do in one step what `first` does and then `second`."""
    moved = luma_of(first[1:].transpose(1, 2, 0))
    planes = first + second
    planes[0] += first[0] * second[0]
    planes[1:] += second[0] * moved
    return planes


def coefficients(rgb: Float, masks: Masks, size: float, strength: Strength) -> Float:
    """The planes A, D_red, D_green, D_blue of a face, float32 (4, h, w); 0 where all masks are 0.

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
        # Teeth and the light in an eye are near white: sharpened, they would be blown out.
        sharpen = np.float32(strength.sharpen) * masks.sharp * falling(brightest(rgb), 215, 250)
        planes[0] += sharpen * (1 - slope)
        planes[1:] -= sharpen * level
    planes[1:] += tone(rgb, masks, size, strength).transpose(2, 0, 1)
    return planes


def tone(rgb: Float, masks: Masks, size: float, strength: Strength) -> Float:
    """What to add so that skin is of one colour and lighter; float32 (h, w, 3), 0 where `masks.glow` is.

    Works on the skin's low frequencies in CIELAB, so that the hue stays: chroma and mid-sized blotches of
    lightness move towards the face's own; lightness rises by what there is room for below white.
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
        # Blotches, not shading: what differs from its surroundings by little. A cheekbone differs by more.
        gap = spread(lab[:, :, 0], masks.skin, 0.45 * size) - lab[:, :, 0]
        wanted[:, :, 0] += np.float32(0.8 * strength.even) * gap * np.exp(-((gap / np.float32(5)) ** 2))
    gain = _lift(rgb, lab[:, :, 0], size, strength)
    # Chroma follows lightness a third of the way: all the way looks sunburnt, not at all looks powdered.
    wanted[:, :, 1:] *= (1 + gain / np.maximum(lab[:, :, 0], 10) / 3)[:, :, None]
    wanted[:, :, 0] += gain
    return np.asarray((rgb_of(wanted) - local) * masks.glow[:, :, None], np.float32)


def _lift(rgb: Float, lightness: Float, size: float, strength: Strength) -> Float:
    """The L* to gain, float32 (h, w): what is wished and what there is room for, of which the less counts
    more."""
    wish = np.float32(strength.lift) * np.sqrt(np.clip(lightness / 100, 0, 1))
    # Peaks count as far as smoothing leaves them: lifted to white they would lose their colour.
    most = brightest(rgb)
    peaks = cv2.dilate(most, np.ones((5, 5), np.uint8)) - most
    bright = gauss(most + np.float32(1 - strength.smooth) * peaks, 0.06 * size)
    room = np.maximum(255 - bright, 0) * np.float32(0.5)  # a level is about 0.4 L*
    return np.asarray(wish * room / np.hypot(wish, room + np.float32(1e-3)), np.float32)
