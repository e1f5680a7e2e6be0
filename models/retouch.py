"""The retouching of one face on its small grid: masks in, coefficients out."""

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np

from models.skin import LUMA, Float, falling

_TEXTURE = 0.30  # parts of the skin's luma: what varies less is texture, what varies more an edge
_DETAIL = 0.19  # the same for features: lashes are sharpened, the lid's edge is not drawn twice


@dataclass(frozen=True, slots=True)
class Strength:
    """What the three sliders mean."""

    smooth: float  # part of the distance to the guided luma that skin moves
    sharpen: float  # part of the distance from the local luma that features gain
    even: float  # part by which blotches of colour shrink
    lift: float  # L* that white would gain if there were room

    @staticmethod
    def of(smoothing: float, whitening: float, sharpening: float) -> "Strength":
        """`smoothing`, `whitening` and `sharpening` are 0..1."""
        # Below 1: variance must not fall by 85 %, and (1 - 0.61)² keeps 15 %. Skin without pores is plastic.
        return Strength(0.61 * smoothing**0.85, 0.8 * sharpening, 0.45 * smoothing, 24.0 * whitening)


def coefficients(
    rgb: Float, mask: Float, sharp: Float, glow: Float, size: float, strength: Strength
) -> Float:
    """The planes A, D_red, D_green, D_blue of a face, float32 (4, h, w); 0 where both masks are 0.

    `rgb` is float32 (h, w, 3), 0..255; `mask` (skin) and `sharp` (features) float32 (h, w), 0..1; `size` the distance of the
    eyes in cells.
    """
    luma = _luma(rgb)
    typical = float(np.average(luma, weights=mask + np.float32(1e-6)))
    typical = max(typical, 30.0)  # texture scales with the light that falls on it; noise doesn't
    slope, level = guided(luma, max(2, round(0.085 * size)), _TEXTURE * typical)
    fine_slope, fine_level = guided(luma, max(1, round(0.045 * size)), _DETAIL * typical)
    smooth = np.float32(strength.smooth) * mask
    sharpen = (
        np.float32(strength.sharpen) * sharp * falling(rgb.max(axis=2), 215, 250)
    )  # teeth are not blown out
    planes = np.empty((4, *luma.shape), np.float32)
    planes[0] = smooth * (slope - 1) + sharpen * (1 - fine_slope)
    planes[1:] = smooth * level - sharpen * fine_level
    planes[1:] += tone(rgb, mask, glow, size, strength).transpose(2, 0, 1)
    return planes


def guided(luma: Float, radius: int, sigma: float) -> tuple[Float, Float]:
    """Slope and level of the edge-keeping blur slope·luma + level, float32 (h, w) each.

    The guided filter of He and Sun ("Fast Guided Filter", 2015), guided by itself, with var²/(var² + σ⁴) instead of
    var/(var + ε): it passes from texture to edge within a narrower band of contrast.
    """
    window = (2 * radius + 1, 2 * radius + 1)
    offset = np.float32(luma.mean())  # near 0 the squares lose no bits
    centred = luma - offset
    mean = _box(centred, window)
    variance = np.maximum(_box(centred * centred, window) - mean * mean, 0)
    squared = variance * variance
    slope = squared / (squared + np.float32(sigma**4))
    level = (1 - slope) * (mean + offset)
    return _box(slope, window), _box(level, window)


def tone(rgb: Float, mask: Float, glow: Float, size: float, strength: Strength) -> Float:
    """What to add so that skin is of one colour and lighter; float32 (h, w, 3), 0 where the mask is.

    Works on the skin's low frequencies in CIELAB, so that the hue stays: chroma and mid-sized blotches of
    lightness move towards the face's own, lightness rises in proportion, less the nearer it is to white.
    """
    local = _spread(rgb, mask, 0.16 * size)
    lab = _lab(local)
    weight = mask + np.float32(1e-6)
    total = float(weight.sum())
    wanted = lab.copy()
    for channel in (1, 2):
        own = float((lab[:, :, channel] * weight).sum()) / total
        gap = np.float32(own) - lab[:, :, channel]
        wanted[:, :, channel] += np.float32(strength.even) * gap
    # Blotches, not shading: what differs from its surroundings by little. A cheekbone differs by more.
    gap = _spread(lab[:, :, 0], mask, 0.45 * size) - lab[:, :, 0]
    wanted[:, :, 0] += np.float32(0.8 * strength.even) * gap * np.exp(-((gap / np.float32(5)) ** 2))
    lightness = np.clip(lab[:, :, 0] / 100, 0, 1)
    # Peaks count as far as smoothing leaves them: lifted to white they would lose their colour.
    brightest = rgb.max(axis=2)
    peaks = cv2.dilate(brightest, np.ones((5, 5), np.uint8)) - brightest
    bright = cv2.GaussianBlur(
        brightest + np.float32(1 - strength.smooth) * peaks,
        (0, 0),
        0.06 * size,
        borderType=cv2.BORDER_REPLICATE,
    )
    room = np.clip((np.float32(256) - bright) / np.float32(40), 0, 1)
    gain = np.float32(strength.lift) * lightness * room
    # Chroma follows lightness a third of the way: all the way looks sunburnt, not at all looks powdered.
    wanted[:, :, 1:] *= (1 + gain / np.maximum(lab[:, :, 0], 10) / 3)[:, :, None]
    wanted[:, :, 0] += gain
    return cast(Float, (_rgb(wanted) - local) * glow[:, :, None])


def _luma(rgb: Float) -> Float:
    return cast(Float, rgb @ np.asarray(LUMA, np.float32))


def _box(plane: Float, window: tuple[int, int]) -> Float:
    return cast(Float, cv2.blur(plane, window, borderType=cv2.BORDER_REPLICATE))


def _spread(plane: Float, mask: Float, sigma: float) -> Float:
    """A Gaussian blur that looks at skin only: hair and lips don't bleed in (normalized convolution)."""
    weight = mask + np.float32(1e-4)  # where there is no skin at all the answer is the plain blur, and unused
    below = cv2.GaussianBlur(weight, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
    if plane.ndim == 3:
        above = cv2.GaussianBlur(plane * weight[:, :, None], (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
        return cast(Float, above / below[:, :, None])
    above = cv2.GaussianBlur(plane * weight, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
    return cast(Float, above / below)


def _lab(rgb: Float) -> Float:
    """CIELAB of gamma-coded RGB, 0..255, read as sRGB: near enough for a lift, whatever the profile."""
    return cast(Float, cv2.cvtColor(rgb * np.float32(1 / 255), cv2.COLOR_RGB2Lab))


def _rgb(lab: Float) -> Float:
    return cast(Float, cv2.cvtColor(lab, cv2.COLOR_Lab2RGB) * np.float32(255))
