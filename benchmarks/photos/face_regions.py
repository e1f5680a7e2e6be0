"""Regions of a face by its dense mesh, and what is measured in them before and after retouching."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from models.faces.mesh import BROWS, EYES, LIPS, OVAL, ears_of
from models.picture import Pixels

Float = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

# Points of the mesh around each region.
_SKIN = {
    "left cheek": (116, 117, 118, 119, 100, 142, 36, 205, 187, 123),
    "right cheek": (345, 346, 347, 348, 329, 371, 266, 425, 411, 352),
    "forehead": (109, 10, 338, 337, 151, 108),
    "chin": (208, 199, 428, 396, 175, 171),
}
_FEATURES = {
    **dict(zip(("left brow", "right brow"), BROWS, strict=True)),
    **dict(zip(("left eye", "right eye"), EYES, strict=True)),
    "lips": LIPS,
}
SKIN = tuple(_SKIN)
CHEEKS = ("left cheek", "right cheek")
_CORNERS, _CHIN = (33, 263), 152  # of the eyes, the outer ones
_TONES = ((41, "pale"), (19, "tan"), (-10, "brown"))  # least individual typology angle, in degrees; below: dark
_STRAY = 14.0  # a*b* distance from the cheeks; what is farther is no bare ear or neck
_SHADE = 0.45  # of the cheeks' L*: darker is rather hair or cloth
_NECK = (
    (-0.40, -0.02),
    (0.40, -0.02),
    (0.40, 0.40),
    (-0.40, 0.40),
)  # in distances of the eyes' corners, of eyes to chin
_BARE = 0.25  # part of the place of the neck
_OUTSTANDING = 2.5 * 1.4826  # times the median deviation: 2.5 σ of a Gaussian
_LEAST = 40  # pixels of a region that counts


@dataclass(frozen=True, slots=True)
class Region:
    """Mean colour (CIELAB) and the standard deviation of fine luma, before and after."""

    lab: tuple[Float, Float]
    texture: tuple[float, float]
    gradient: tuple[float, float]

    @property
    def cut(self) -> float:
        """The per cent of the variance of fine luma that went."""
        return 100 * (1 - (self.texture[1] / max(self.texture[0], 1e-3)) ** 2)

    @property
    def lift(self) -> float:
        """The change of L*."""
        return float(self.lab[1][0] - self.lab[0][0])

    @property
    def sharpness(self) -> float:
        """The mean gradient after, in parts of that before."""
        return self.gradient[1] / max(self.gradient[0], 1e-3)


def measured(before: Pixels, after: Pixels, points: Float) -> dict[str, Region]:
    """Return the regions of one face, whose mesh is `points` (468, 2) in pixels; those that are visible."""
    size = float(np.hypot(*(points[_CORNERS[0]] - points[_CORNERS[1]])))
    x0, y0 = np.maximum(0, (points.min(axis=0) - 1.2 * size).astype(int))
    x1, y1 = (points.max(axis=0) + 1.2 * size).astype(int)
    views = [_View.of(pixels[y0:y1, x0:x1], size) for pixels in (before, after)]
    local = points - np.asarray((x0, y0), np.float32)
    areas = {name: _filled(local[list(ids)], views[0].shape) for name, ids in (_SKIN | _FEATURES).items()}
    areas |= _beside(local, views[0], areas["left cheek"] | areas["right cheek"])
    return {name: _region(views, area) for name, area in areas.items() if area.sum() >= _LEAST}


def tone_of(region: Region) -> str:
    """Return pale, tan, brown or dark: by the individual typology angle (Chardon et al., 1991) of the skin before."""
    lightness, _, yellow = region.lab[0]
    angle = np.degrees(np.arctan2(lightness - 50, yellow))
    return next((name for least, name in _TONES if angle > least), "dark")


def turn(region: Region) -> float:
    """Return by how many degrees the hue turned."""
    angles = [np.degrees(np.arctan2(lab[2], lab[1])) for lab in region.lab]
    return float(abs((angles[1] - angles[0] + 180) % 360 - 180))


@dataclass(frozen=True, slots=True)
class _View:
    lab: Float
    fine: Float
    gradient: Float

    @staticmethod
    def of(pixels: Pixels, size: float) -> "_View":
        rgb = pixels[:, :, :3].astype(np.float32) / 255
        luma = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY) * 255
        fine = luma - cv2.GaussianBlur(luma, (0, 0), 0.02 * size)
        calm = cv2.GaussianBlur(luma, (0, 0), max(0.5, 0.008 * size))
        gradient = np.hypot(cv2.Sobel(calm, cv2.CV_32F, 1, 0), cv2.Sobel(calm, cv2.CV_32F, 0, 1))
        return _View(np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2Lab), np.float32), fine, gradient)

    @property
    def shape(self) -> tuple[int, int]:
        return self.fine.shape[0], self.fine.shape[1]


def _filled(polygon: Float, shape: tuple[int, int]) -> Mask:
    canvas = np.zeros(shape, np.uint8)
    cv2.fillPoly(canvas, [np.round(polygon).astype(np.int32)], 1)
    return canvas > 0


def _beside(points: Float, view: _View, cheeks: Mask) -> dict[str, Mask]:
    """Return the ears and the neck, as far as they have the colour of the cheeks, in any light."""
    if not cheeks.any():
        return {}
    own = view.lab[cheeks].mean(axis=0)
    brightness = np.maximum(view.lab[:, :, 0], 1)
    chroma = view.lab[:, :, 1:] * (own[0] / brightness)[:, :, None] - own[1:]
    like = (np.hypot(chroma[:, :, 0], chroma[:, :, 1]) < _STRAY) & (brightness > _SHADE * own[0])
    like &= brightness < own[0] + 1.6 * _STRAY
    oval = _filled(points[list(OVAL)], view.shape)
    found = {
        f"ear {index}": ear & ~oval & _joined(like & (ear | oval), cheeks)
        for index, ear in enumerate(_filled(ear, view.shape) for ear in ears_of(points))
    }
    left, right = (points[corner] for corner in _CORNERS)
    across, down = right - left, points[_CHIN] - (left + right) / 2
    neck = [points[_CHIN] + across * np.float32(u) + down * np.float32(v) for u, v in _NECK]
    area = _filled(np.asarray(neck), view.shape) & ~oval
    found["neck"] = area & like if (area & like).sum() > _BARE * area.sum() else np.zeros_like(area)
    return found


def _joined(area: Mask, seed: Mask) -> Mask:
    _, labels = cv2.connectedComponents(area.astype(np.uint8))
    return np.asarray(np.isin(labels, np.setdiff1d(labels[seed], 0)))


def _region(views: list[_View], area: Mask) -> Region:
    lab = [view.lab[area].mean(axis=0) for view in views]
    before, after = (view.fine[area] for view in views)
    # Rims, folds and single hairs are no texture: what stands out from it does not count, before or after.
    usual = np.abs(before) <= _OUTSTANDING * np.median(np.abs(before)) + 0.5
    texture = [float(fine[usual].std()) for fine in (before, after)]
    gradient = [float(view.gradient[area].mean()) for view in views]
    return Region((lab[0], lab[1]), (texture[0], texture[1]), (gradient[0], gradient[1]))
