"""Masks: where to smooth, sharpen and lighten a face."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from models.faces.areas import brows, core, ears, features, mesh, oval
from models.faces.faces import Face, Float
from models.faces.features import Axes, Frame, cheeks, falling
from models.faces.planes import gauss, spread
from models.faces.skin import SkinModel, disk, luma_of

# Radii and σ are fractions of the distance between the eyes.
_BROW = 0.20  # the thickest brow
_HAIRS = 2.0  # between the hairs of a brow is brow
_FEATHER = 0.035  # softens the decisions by colour
_BRUSH = 0.06  # the same for light and colour
_RIM = 0.15  # how far soft edges extend from certain skin
_BROWS = 0.35  # from the eyes up
_MIDDLE = 0.3  # half the width in which the halves of a face pass into each other
_WIDE = (3.5, 9.0)  # σ of chroma, where the place says that it is skin
_EAR = (4.0, 9.0)  # the same for ears
_THIN, _BOLD = 0.08, (0.26, 0.40)  # of rims: thickness, and contrast in parts of the light
_DOUBT = (0.45, 0.85)  # of what may be no skin: there, smoothing would mix skin and what is beside it
_UNLIT = 0.7  # part of the light that features do not get: pupils stay dark
_RELIEF = 0.6  # part of the smoothing that an ear is spared, whose folds are no texture
_SHADOW = 0.20  # there, skin may be as dark as this part of its lit luma
_LIGHT = 0.12  # σ of what is the light
_STEP = (0.10, 0.22)  # how much darker than the light the dark side of an edge is, in parts of it
_FINE, _WINDOW = 0.015, 0.065  # σ of what is finer than shading, and of the place that lines fill
_LINE = 0.06  # the most that a line counts, in parts of the light
_ROUGH = (0.030, 0.045)  # measured on portraits: skin 0.006 to 0.028, beards 0.04 to 0.07


@dataclass(frozen=True, slots=True)
class Masks:
    """Planes over a crop, float32 (h, w), 0..1, and the skin model."""

    skin: Float  # to smooth: without eyes, brows and lips
    sharp: Float  # eyes, brows and lips
    glow: Float  # to lighten and even out: the skin, more softly
    own: Float  # how much of a cell this face may change: less near another face or the end of the crop
    middle: Float  # the face without ears and neck, by whose texture the strength is measured
    left: Float  # how much it belongs to the left half of the face
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
    inside = oval(face, axes)
    keep, sharp = features(face, axes)
    model = SkinModel.learnt(rgb, cheeks(frame, u, v) & (keep < 0.05) & (inside > 0.5))
    if model is None:
        return None
    strokes = np.minimum(_HAIRS * gauss(model.strokes(rgb, _BROW * frame.size), _FEATHER * frame.size), 1)
    brow = brows(face, axes) * strokes
    keep, sharp = np.maximum(keep, brow), np.maximum(sharp, np.float32(0.5) * brow)
    share = np.ones_like(u)
    for other in others:
        over = Axes.over(Frame.of(other), axes.corner, u.shape)
        # The parts of two faces add up to one.
        mine, yours = inside**2 + np.float32(1e-6), oval(other, over) ** 2
        share *= mine / (mine + yours)
        keep = np.maximum(keep, np.maximum(features(other, over)[0], brows(other, over) * strokes))
    beside, middle = ears(face, axes), mesh(face, axes)
    luma = luma_of(rgb)
    light = gauss(luma, _LIGHT * frame.size)
    like = _skin(rgb, luma, light, axes, model, inside=inside, keep=keep, beside=beside, core=core(face, axes))
    place = inside**2  # below the chin the rest, up to 1, belongs to the body
    # Light and colour use a softer mask than texture, or brows and hair would get bright rims. Features get some of it.
    glow = np.minimum(spread(like, inside * (1 - keep), _BRUSH * frame.size), 1) * place
    glow = np.maximum(glow * (1 - np.float32(_UNLIT) * keep), like * place * beside)
    skin = falling(1 - like, *_DOUBT) * place * (1 - keep) * (1 - glasses(luma, light, axes))
    skin *= 1 - np.float32(_RELIEF) * beside * (1 - middle)
    own = share * ramp
    left = falling(u, -_MIDDLE, _MIDDLE)
    return Masks(skin * own, sharp * inside * own, glow * own, own, middle, left, model)


def _skin(
    rgb: Float,
    luma: Float,
    light: Float,
    axes: Axes,
    model: SkinModel,
    *,
    inside: Float,
    keep: Float,
    beside: Float,
    core: Float,
) -> Float:
    """Return how much each cell looks like skin of this face, by place, colour and texture; float32 (h, w), 0..1.

    `light` is `luma`, blurred; `inside`, `keep`, `beside` and `core` are where the face, its features, its ears and its
    middle are.
    """
    size = axes.frame.size
    above = falling(axes.v, -_BROWS - 0.1, -_BROWS)
    sure = core * (1 - above)  # above the brows there may be a fringe
    likeness = np.maximum(model.likeness(rgb), sure * model.likeness(rgb, *_WIDE, darkest=_SHADOW))
    # What is darker than skin above the brows is rather hair. An ear's folds look like strands.
    lit = np.clip(light / np.float32(model.luma), 0.5, 1)
    hair = np.maximum(strands(luma, light, keep, size, 1 - above * (1 - lit)), (1 - sure) * _dark_side(luma, light))
    likeness *= (inside > 0) * (1 - hair * (1 - beside))
    likeness = np.maximum(likeness, beside * model.likeness(rgb, *_EAR, darkest=_SHADOW))
    certain = (sure > 0.5) & (likeness > 0.5)
    return gauss(_joined(likeness, certain, size), max(0.6, _FEATHER * size))


def _dark_side(luma: Float, light: Float) -> Float:
    """Return 1 on the dark side of an edge, 0 away from it; float32 (h, w): where hair of skin's colour begins."""
    return 1 - falling(1 - luma / (light + np.float32(1)), *_STEP)


def strands(luma: Float, light: Float, keep: Float, size: float, most: Float) -> Float:
    """Return 1 where there is hair, 0 on skin, float32 (h, w): where fine lines fill the place.

    The edge of a nose, a wrinkle or a rim is stronger, but lies alone: hence a limit to what one line counts. Brows,
    eyes and lips, `keep`, do not count. `most`, (h, w), is how much of the usual roughness skin may have.
    """
    fine = np.abs(luma - gauss(luma, max(1.0, _FINE * size))) / (light + np.float32(24))
    rough = spread(np.minimum(fine, np.float32(_LINE)), 1 - keep, max(1.5, _WINDOW * size))
    return 1 - falling(np.asarray(rough / most, np.float32), *_ROUGH)


def glasses(luma: Float, light: Float, axes: Axes) -> Float:
    """Return 1 on bold, thin lines around the eyes, as rims of glasses are, 0 on wrinkles; float32 (h, w)."""
    grey = np.asarray(np.round(luma), np.uint8)
    brush = np.ones((2 * round(_THIN / 2 * axes.frame.size) + 1,) * 2, np.uint8)
    lines = np.maximum(*(cv2.morphologyEx(grey, kind, brush) for kind in (cv2.MORPH_BLACKHAT, cv2.MORPH_TOPHAT)))
    bold = 1 - falling(lines / (light + np.float32(24)), *_BOLD)
    around = falling(np.abs(axes.v - np.float32(0.1)), 0.45, 0.60)
    return np.asarray(cv2.dilate(bold, np.ones((3, 3), np.uint8)) * around, np.float32)


def _joined(mask: Float, seed: npt.NDArray[np.bool_], size: float) -> Float:
    """Return the parts of the mask connected to `seed`: hair above the forehead can have the skin's colour."""
    count, labels = cv2.connectedComponents((mask > 0.4).astype(np.uint8), connectivity=4)
    own = np.zeros(count, np.uint8)
    own[np.unique(labels[seed])] = 1
    own[0] = 0
    return np.asarray(mask * cv2.dilate(own[labels], disk(_RIM * size)), np.float32)
