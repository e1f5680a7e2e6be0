"""The colour of one face's skin."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from models.faces.faces import Float
from models.faces.features import falling

_STROKE = (0.05, 0.14)  # contrast of brows, of pale ones too, in parts of the skin's luma
LUMA = (77 / 256, 150 / 256, 29 / 256)  # Rec.601 in 256ths: the sum for a pixel of bytes is exact in float32


@dataclass(frozen=True, slots=True)
class SkinModel:
    """A Gaussian of chroma over luma, which is independent of shading, and the luma of well-lit skin.

    In a grey picture, without chroma, luma decides.
    """

    luma: float  # 0..255
    spread: float  # its σ
    warm: tuple[float, float]  # centre and σ of (R - Y) / (Y + 24)
    cold: tuple[float, float]  # of (B - Y) / (Y + 24)

    @staticmethod
    def learnt(rgb: Float, sample: npt.NDArray[np.bool_]) -> "SkinModel | None":
        """Fit the model to the cells of `rgb`, float32 (h, w, 3), 0..255, under `sample`, (h, w); None if too few."""
        if int(sample.sum()) < 12:
            return None
        luma, warm, cold = _chroma(rgb)
        low, high = np.percentile(luma[sample], (25, 97))
        lit = sample & (luma >= low) & (luma <= high)
        typical, spread = _robust(luma[lit], 4.0)
        return SkinModel(typical, spread, _robust(warm[lit], 0.045), _robust(cold[lit], 0.055))

    @property
    def redness(self) -> float:
        """(R - G) / (Y + 24) of this skin; lips and spots have more of it, teeth and the white of eyes less."""
        return max(self.warm[0] - self._green, 0.02)

    @property
    def colour(self) -> Float:
        """Its typical RGB, 0..255, float32 (3,)."""
        chroma = np.asarray((self.warm[0], self._green, self.cold[0]), np.float32)
        return np.asarray(np.clip(np.float32(self.luma) + chroma * np.float32(self.luma + 24), 0, 255), np.float32)

    @property
    def _green(self) -> float:
        """(G - Y) / (Y + 24), by the definition of luma."""
        return -(LUMA[0] * self.warm[0] + LUMA[2] * self.cold[0]) / LUMA[1]

    def likeness(self, rgb: Float, near: float = 2.0, far: float = 4.5, darkest: float | None = None) -> Float:
        """Return how much each cell looks like this skin, float32 (h, w), 0..1; hair, nostrils, beards are too dark.

        1 up to `near` σ of chroma, 0 from `far` on. `darkest` is the part of the skin's luma that is too dark.
        """
        luma, warm, cold = _chroma(rgb)
        distance = np.hypot((warm - self.warm[0]) / self.warm[1], (cold - self.cold[0]) / self.cold[1])
        least = float(np.clip(self.luma - 5 * self.spread, 0.30 * self.luma, 0.42 * self.luma))
        least = max(1.0, least if darkest is None else darkest * self.luma)
        return falling(distance, near, far) * falling((least - luma) / np.float32(least), -0.35, 0.20)

    def strokes(self, rgb: Float, thickness: float) -> Float:
        """Return 1 on strokes up to `thickness` cells thick (brows), 0 on plain skin; float32 (h, w).

        The black and the white top-hat transform: what a closing fills and an opening removes. Grey brows are light.
        """
        luma, brush = _chroma(rgb)[0], disk(thickness / 2)
        dark = cv2.morphologyEx(luma, cv2.MORPH_BLACKHAT, brush)
        depth = np.maximum(dark, cv2.morphologyEx(luma, cv2.MORPH_TOPHAT, brush)) / np.float32(self.luma + 1)
        return 1 - falling(np.asarray(depth, np.float32), *_STROKE)


def redness_of(rgb: Float) -> Float:
    """(R - G) / (Y + 24) of each cell, float32 (h, w): what SkinModel.redness is of skin."""
    red, green, luma = rgb[:, :, 0], rgb[:, :, 1], luma_of(rgb)
    return np.asarray((red - green) / (luma + np.float32(24)), np.float32)


def luma_of(rgb: Float) -> Float:
    """Rec.601 luma of the last axis, 0..255."""
    return np.asarray(rgb @ np.asarray(LUMA, np.float32), np.float32)


def disk(radius: float) -> npt.NDArray[np.uint8]:
    """A round structuring element, odd in size."""
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * round(radius) + 1,) * 2), np.uint8)


def _chroma(rgb: Float) -> tuple[Float, Float, Float]:
    """Luma, and red and blue less luma in parts of it, float32 (h, w) each."""
    red, green, blue = (np.ascontiguousarray(rgb[:, :, channel]) for channel in range(3))
    luma = red * np.float32(LUMA[0]) + green * np.float32(LUMA[1]) + blue * np.float32(LUMA[2])
    scale = 1 / (luma + np.float32(24))  # the constant reduces the noise of dark cells
    return luma, _blur((red - luma) * scale), _blur((blue - luma) * scale)


def _blur(plane: Float) -> Float:
    return np.asarray(cv2.blur(plane, (3, 3)), np.float32)


def _robust(values: Float, floor: float) -> tuple[float, float]:
    """Median and 1.4826 × median absolute deviation (the σ of a Gaussian), which is at least `floor`."""
    centre = float(np.median(values))
    spread = 1.4826 * float(np.median(np.abs(values - np.float32(centre))))
    return centre, max(spread, floor)
