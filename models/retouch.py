"""The retouching of one face on its small grid: masks in, coefficients out."""

from dataclasses import dataclass

import cv2
import numpy as np

from models.features import Float, falling
from models.masks import Masks
from models.skin import LUMA

_TEXTURE = 0.30  # σ of luma in parts of the skin's: what varies less is texture, what varies more is an edge
_DETAIL = 0.19  # the same for features: lashes are sharpened, the lid's edge is not drawn twice
_DARKEST = 30.0  # luma; in darker skin it is noise that varies, and noise doesn't shrink with the light


@dataclass(frozen=True, slots=True)
class Strength:
    """What the three sliders mean."""

    smooth: float  # part of the way to the guided luma that skin goes
    sharpen: float  # part of the distance from the local luma that features gain
    even: float  # part by which blotches of colour shrink
    lift: float  # L* that white would gain if there were room

    @staticmethod
    def of(smoothing: float, whitening: float, sharpening: float) -> "Strength":
        """`smoothing`, `whitening` and `sharpening` are 0..1."""
        # Variance must not fall by 85 %, and (1 - 0.61)² keeps 15 %. Skin without pores is plastic.
        return Strength(0.61 * smoothing**0.85, 0.8 * sharpening, 0.45 * smoothing, 15.5 * whitening)


def coefficients(rgb: Float, masks: Masks, size: float, strength: Strength) -> Float:
    """The planes A, D_red, D_green, D_blue of a face, float32 (4, h, w); 0 where all masks are 0.

    `rgb` is float32 (h, w, 3), 0..255; `size` the distance of the eyes in cells.
    """
    luma = np.asarray(rgb @ np.asarray(LUMA, np.float32), np.float32)
    typical = max(float(np.average(luma, weights=masks.skin + np.float32(1e-6))), _DARKEST)
    slope, level = guided(luma, max(2, round(0.085 * size)), _TEXTURE * typical)
    fine_slope, fine_level = guided(luma, max(1, round(0.045 * size)), _DETAIL * typical)
    smooth = np.float32(strength.smooth) * masks.skin
    # Teeth and the light in an eye are near white: sharpened, they would be blown out.
    sharpen = np.float32(strength.sharpen) * masks.sharp * falling(_brightest(rgb), 215, 250)
    planes = np.empty((4, *luma.shape), np.float32)
    planes[0] = smooth * (slope - 1) + sharpen * (1 - fine_slope)
    planes[1:] = smooth * level - sharpen * fine_level
    planes[1:] += tone(rgb, masks, size, strength).transpose(2, 0, 1)
    return planes


def guided(luma: Float, radius: int, sigma: float) -> tuple[Float, Float]:
    """Slope and level of the edge-keeping blur slope·luma + level, float32 (h, w) each.

    The guided filter of He and Sun ("Fast Guided Filter", 2015), guided by itself, with var²/(var² + σ⁴)
    instead of var/(var + ε): it passes from texture to edge within a narrower band of contrast.
    """
    offset = np.float32(luma.mean())  # near 0 the squares lose no bits
    centred = np.asarray(luma - offset, np.float32)
    mean = _box(centred, radius)
    variance = np.maximum(_box(centred * centred, radius) - mean * mean, np.float32(0))
    squared = variance * variance
    slope = np.asarray(squared / (squared + np.float32(sigma**4)), np.float32)
    level = np.asarray((1 - slope) * (mean + offset), np.float32)
    return _box(slope, radius), _box(level, radius)


def tone(rgb: Float, masks: Masks, size: float, strength: Strength) -> Float:
    """What to add so that skin is of one colour and lighter; float32 (h, w, 3), 0 where `masks.glow` is.

    Works on the skin's low frequencies in CIELAB, so that the hue stays: chroma and mid-sized blotches of
    lightness move towards the face's own; lightness rises by what there is room for below white.
    """
    if strength.even == 0 and strength.lift == 0:
        return np.zeros_like(rgb)
    local = _spread(rgb, masks.skin, 0.16 * size)
    lab = _lab(local)
    wanted = lab.copy()
    for channel in (1, 2):
        own = np.average(lab[:, :, channel], weights=masks.skin + np.float32(1e-6))
        wanted[:, :, channel] += np.float32(strength.even) * (np.float32(own) - lab[:, :, channel])
    # Blotches, not shading: what differs from its surroundings by little. A cheekbone differs by more.
    gap = _spread(lab[:, :, 0], masks.skin, 0.45 * size) - lab[:, :, 0]
    wanted[:, :, 0] += np.float32(0.8 * strength.even) * gap * np.exp(-((gap / np.float32(5)) ** 2))
    gain = _lift(rgb, lab[:, :, 0], size, strength)
    # Chroma follows lightness a third of the way: all the way looks sunburnt, not at all looks powdered.
    wanted[:, :, 1:] *= (1 + gain / np.maximum(lab[:, :, 0], 10) / 3)[:, :, None]
    wanted[:, :, 0] += gain
    return np.asarray((_rgb(wanted) - local) * masks.glow[:, :, None], np.float32)


def _lift(rgb: Float, lightness: Float, size: float, strength: Strength) -> Float:
    """The L* to gain, float32 (h, w): what is wished and what there is room for, of which the less counts
    more."""
    wish = np.float32(strength.lift) * np.sqrt(np.clip(lightness / 100, 0, 1))
    # Peaks count as far as smoothing leaves them: lifted to white they would lose their colour.
    brightest = _brightest(rgb)
    peaks = cv2.dilate(brightest, np.ones((5, 5), np.uint8)) - brightest
    bright = _gauss(brightest + np.float32(1 - strength.smooth) * peaks, 0.06 * size)
    room = np.maximum(255 - bright, 0) * np.float32(0.5)  # a level is about 0.4 L*
    return np.asarray(wish * room / np.hypot(wish, room + np.float32(1e-3)), np.float32)


def _brightest(rgb: Float) -> Float:
    """The largest channel of each cell; `rgb.max(axis=2)` takes thirty times as long."""
    return np.maximum(np.maximum(rgb[:, :, 0], rgb[:, :, 1]), rgb[:, :, 2])


def _spread(plane: Float, mask: Float, sigma: float) -> Float:
    """A Gaussian blur that looks at skin only: hair and lips don't bleed in (normalized convolution)."""
    weight = mask + np.float32(1e-4)  # where there is no skin at all the answer is the plain blur, and unused
    below = _gauss(weight, sigma)
    if plane.ndim == 3:
        weight, below = weight[:, :, None], below[:, :, None]
    return np.asarray(_gauss(plane * weight, sigma) / below, np.float32)


def _gauss(plane: Float, sigma: float) -> Float:
    return np.asarray(cv2.GaussianBlur(plane, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE), np.float32)


def _box(plane: Float, radius: int) -> Float:
    window = (2 * radius + 1, 2 * radius + 1)
    return np.asarray(cv2.blur(plane, window, borderType=cv2.BORDER_REPLICATE), np.float32)


def _lab(rgb: Float) -> Float:
    """CIELAB of gamma-coded RGB, 0..255, read as sRGB: near enough for a lift, whatever the profile."""
    return np.asarray(cv2.cvtColor(rgb * np.float32(1 / 255), cv2.COLOR_RGB2Lab), np.float32)


def _rgb(lab: Float) -> Float:
    return np.asarray(cv2.cvtColor(lab, cv2.COLOR_Lab2RGB), np.float32) * np.float32(255)
