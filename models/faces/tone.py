"""Evens and lightens skin."""

import cv2
import numpy as np

from models.faces.faces import Float
from models.faces.masks import Masks
from models.faces.planes import brightest, gauss, lab_of, rgb_of, spread
from models.faces.strength import Strength


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
    bright = gauss(most + np.float32(1 - strength.smooth) * peaks, 0.07 * size)
    return np.maximum(255 - bright, 0) * np.float32(0.38)  # a level is about 0.4 L*
