"""Masks: where to smooth, sharpen and lighten a face."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from models.faces.faces import Face
from models.faces.features import Axes, Float, Frame, brows, cheeks, eyes_and_lips, falling, oval
from models.faces.skin import SkinModel, disk

# Radii and σ are fractions of the distance between the eyes.
_BROW = 0.20  # the thickest brow
_FEATHER = 0.035  # softens the decisions by colour
_BRUSH = 0.12  # the same for light and colour
_RIM = 0.15  # how far soft edges extend from certain skin
_HAIRLINE = 0.60  # above the eyes: only from here on texture distinguishes hair of the skin's colour


@dataclass(frozen=True, slots=True)
class Masks:
    """Planes over a crop, float32 (h, w), 0..1, and the skin model."""

    skin: Float  # to smooth: without eyes, brows and lips
    sharp: Float  # eyes, brows and lips
    glow: Float  # to lighten and even out: the skin, more softly
    own: Float  # how much of a cell this face may change: less near another face or the end of the crop
    model: SkinModel

    @property
    def any(self) -> Float:
        """Where anything changes."""
        return np.maximum(np.maximum(self.skin, self.sharp), self.glow)


def masks_of(rgb: Float, face: Face, others: list[Face], axes: Axes, ramp: Float) -> Masks | None:
    """Return the masks of `face` over `rgb`, float32 (h, w, 3), 0..255; `axes` are its axes over this crop.

    `ramp`, (h, w), falls from 1 to 0 towards the ends of the crop. Faces are in cells. `others` are faces near by:
    where two meet, each gets the part that belongs more to it, and none smooths the other's eyes. None if no skin
    is visible.
    """
    frame, u, v = axes.frame, axes.u, axes.v
    inside = oval(face, u, v)
    keep, sharp = eyes_and_lips(frame, u, v)
    plain = cheeks(frame, u, v) & (keep < 0.05) & (inside > 0.5)
    model = SkinModel.learnt(rgb, plain)
    if model is None:
        return None
    strokes = model.strokes(rgb, _BROW * frame.size)
    brow = brows(frame, u, v) * strokes
    keep, sharp = np.maximum(keep, brow), np.maximum(sharp, np.float32(0.5) * brow)
    share = np.ones_like(u)
    for other in others:
        theirs = Frame.of(other)
        over = Axes.over(theirs, axes.corner, u.shape)
        place = over.u, over.v
        # The parts of two faces add up to one.
        mine, yours = inside**2 + np.float32(1e-6), oval(other, *place) ** 2
        share *= mine / (mine + yours)
        keep = np.maximum(keep, eyes_and_lips(theirs, *place)[0])
        keep = np.maximum(keep, brows(theirs, *place) * strokes)
    likeness = model.likeness(rgb) * inside * (1 - falling(v, -_HAIRLINE - 0.1, -_HAIRLINE) * _ruffled(rgb, model))
    skin = _soft(_joined(likeness, plain, frame.size), max(0.6, _FEATHER * frame.size)) * inside * (1 - keep)
    # Light and colour use a softer mask than texture, or brows and hair would get bright rims.
    glow = _soft(skin, _BRUSH * frame.size) * inside
    own = share * ramp
    return Masks(skin * own, sharp * inside * own, glow * own, own, model)


def _ruffled(rgb: Float, model: SkinModel) -> Float:
    """1 where neighbours differ as strands of hair do, 0 where they differ as skin does; float32 (h, w)."""
    green = np.ascontiguousarray(rgb[:, :, 1])
    mean = cv2.blur(green, (5, 5))
    deviation = np.asarray(np.sqrt(np.maximum(cv2.blur(green * green, (5, 5)) - mean * mean, 0)), np.float32)
    return 1 - falling(deviation / np.float32(model.luma + 1), 0.04, 0.09)


def _joined(mask: Float, seed: npt.NDArray[np.bool_], size: float) -> Float:
    """Return the parts of the mask connected to `seed`: hair above the forehead can have the skin's colour."""
    count, labels = cv2.connectedComponents((mask > 0.4).astype(np.uint8), connectivity=4)
    own = np.zeros(count, np.uint8)
    own[np.unique(labels[seed])] = 1
    own[0] = 0
    return np.asarray(mask * cv2.dilate(own[labels], disk(_RIM * size)), np.float32)


def _soft(mask: Float, sigma: float) -> Float:
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE), np.float32)
