"""Which pixels of a face are skin, and which are eyes, brows and lips."""

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
import numpy.typing as npt

from models.faces import Face

Float = npt.NDArray[np.float32]

LUMA = (77 / 256, 150 / 256, 29 / 256)  # Rec.601 in 256ths: sums of bytes are exact in float32


@dataclass(frozen=True, slots=True)
class Frame:
    """A face's own axes, in cells of a grid: x along the eyes, y from the eyes to the mouth, 0 between the eyes.

    Taken from the line between the middle of the eyes and the middle of the mouth, which survives a head turned
    to the side, where the eyes come together.
    """

    origin: tuple[float, float]
    right: tuple[float, float]  # unit vectors
    down: tuple[float, float]
    eyes: float  # half the distance of the eyes along `right`, as seen
    drop: float  # from the eyes to the mouth along `down`
    size: float  # the distance of the eyes as seen from the front: what all radii are made of

    def axes(self, height: int, width: int, x0: float, y0: float) -> tuple[Float, Float]:
        """The coordinates, in units of `size`, of the cells of a (height, width) grid that begins at (x0, y0)."""
        xs = np.arange(width, dtype=np.float32) + np.float32(x0 + 0.5 - self.origin[0])
        ys = np.arange(height, dtype=np.float32)[:, None] + np.float32(y0 + 0.5 - self.origin[1])
        unit = np.float32(1 / self.size)
        u = (xs * np.float32(self.right[0]) + ys * np.float32(self.right[1])) * unit
        v = (xs * np.float32(self.down[0]) + ys * np.float32(self.down[1])) * unit
        return u, v


def frame_of(face: Face) -> Frame:
    """The axes of a face, in the face's own units."""
    left, right, _, mouth_left, mouth_right = (np.asarray(point) for point in face.landmarks)
    eyes, mouth = (left + right) / 2, (mouth_left + mouth_right) / 2
    down = mouth - eyes
    drop = float(np.hypot(*down))
    if drop < 0.05 * face.height:  # landmarks that fell together: take the box's axes
        down, drop = np.asarray((0.0, 1.0)), 0.4 * face.height
    else:
        down = down / drop
    across = np.asarray((down[1], -down[0]))
    spread = abs(float((right - left) @ across))
    # The eyes of a face seen from the front are about as far apart as they are from the mouth.
    size = max(spread, 0.9 * drop, 0.3 * face.width)
    return Frame(
        (float(eyes[0]), float(eyes[1])),
        (float(across[0]), float(across[1])),
        (float(down[0]), float(down[1])),
        spread / 2,
        drop,
        size,
    )


def oval(face: Face, u: Float, v: Float) -> Float:
    """1 within the face with its forehead, falling softly to 0 outside; float32 like the coordinates.

    The box knows best how wide and long a face is; it is tight and cuts the forehead.
    """
    frame = frame_of(face)
    centre = np.asarray(((face.box[0] + face.box[2]) / 2, (face.box[1] + face.box[3]) / 2)) - frame.origin
    middle = float(centre @ np.asarray(frame.right)) / frame.size
    level = float(centre @ np.asarray(frame.down)) / frame.size
    across, along = 0.54 * face.width / frame.size, 0.60 * face.height / frame.size
    distance = np.hypot((u - middle) / across, (v - level + 0.06 * along) / along)
    return falling(distance, 0.80, 1.12)


def eyes_and_lips(face: Face, u: Float, v: Float) -> tuple[Float, Float]:
    """The soft area to keep from smoothing and the tighter one to sharpen; float32 like the coordinates, 0..1."""
    frame = frame_of(face)
    half, drop = frame.eyes / frame.size, frame.drop / frame.size
    keep, sharp = np.zeros_like(u), np.zeros_like(u)
    for side in (-half, half):
        eye = np.hypot((u - side) / (0.36 * _narrowing(half)), v / 0.20)
        np.maximum(keep, falling(eye, 0.80, 1.25), out=keep)
        np.maximum(sharp, falling(eye, 0.70, 1.15), out=sharp)
    mouth = _mouth_width(face, frame)
    lips = np.hypot(u / (0.62 * mouth), (v - drop) / (0.30 * max(mouth, 0.8)))
    np.maximum(keep, falling(lips, 0.80, 1.25), out=keep)
    np.maximum(sharp, falling(lips, 0.65, 1.10), out=sharp)
    return keep, sharp


def brows(face: Face, u: Float, v: Float) -> Float:
    """Where the brows are to be looked for: brows differ in height and shape, so what is dark there is brow."""
    frame = frame_of(face)
    half = frame.eyes / frame.size
    area = np.zeros_like(u)
    for side in (-half, half):
        outward = np.sign(side) * 0.04
        brow = np.hypot((u - side - outward) / (0.50 * _narrowing(half)), (v + 0.32) / 0.20)
        np.maximum(area, falling(brow, 0.80, 1.25), out=area)
    return area


def _narrowing(half: float) -> float:
    """A head turned away shows its features narrower; 1 from the front."""
    return min(1.0, half / 0.5 + 0.25)


def _mouth_width(face: Face, frame: Frame) -> float:
    """In units of the frame's size; a profile shows half a mouth, a laugh more than a whole one."""
    left, right = (np.asarray(point) for point in face.landmarks[3:])
    return float(np.clip(abs((right - left) @ np.asarray(frame.right)) / frame.size, 0.5, 1.3))


@dataclass(frozen=True, slots=True)
class SkinModel:
    """The colour of one face's skin: a Gaussian of chroma over luma, which shading leaves alone, and a luma.

    A grey picture has no chroma to tell; its luma decides.
    """

    luma: float  # 0..255, of well lit skin
    spread: float  # σ of luma
    warm: tuple[float, float]  # centre and σ of (R - Y) / (Y + 24)
    cold: tuple[float, float]  # of (B - Y) / (Y + 24)

    @staticmethod
    def learnt(rgb: Float, sample: npt.NDArray[np.bool_]) -> "SkinModel | None":
        """From the cells of `rgb`, float32 (h, w, 3), 0..255, where `sample` (h, w) is true; None when too few are."""
        if int(sample.sum()) < 12:
            return None
        luma, warm, cold = _chroma(rgb)
        low, high = np.percentile(luma[sample], (25, 97))
        lit = sample & (luma >= low) & (luma <= high)
        typical, spread = _robust(luma[lit], 4.0)
        return SkinModel(typical, spread, _robust(warm[lit], 0.045), _robust(cold[lit], 0.055))

    def likeness(self, rgb: Float) -> Float:
        """How much each cell looks like this skin, float32 (h, w), 0..1; hair, nostrils and beards are too dark."""
        luma, warm, cold = _chroma(rgb)
        distance = np.hypot((warm - self.warm[0]) / self.warm[1], (cold - self.cold[0]) / self.cold[1])
        darkest = np.clip(self.luma - 5 * self.spread, 0.30 * self.luma, 0.42 * self.luma)
        return falling(distance, 2.0, 4.5) * falling((darkest - luma) / darkest, -0.35, 0.20)

    def strokes(self, rgb: Float, thickness: float) -> Float:
        """1 on dark strokes thinner than `thickness` cells (brows, lashes), 0 on plain skin; float32 (h, w).

        The black top hat of mathematical morphology: what a closing fills. A fringe of hair is too broad for it.
        """
        luma = _chroma(rgb)[0]
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * round(thickness / 2) + 1,) * 2)
        depth = (cv2.morphologyEx(luma, cv2.MORPH_CLOSE, kernel) - luma) / np.float32(self.luma)
        return falling(-depth, -0.25, -0.10)


def _chroma(rgb: Float) -> tuple[Float, Float, Float]:
    """Luma, and red and blue less luma in parts of it, each float32 (h, w)."""
    red, green, blue = (np.ascontiguousarray(rgb[:, :, channel]) for channel in range(3))
    luma = red * np.float32(LUMA[0]) + green * np.float32(LUMA[1]) + blue * np.float32(LUMA[2])
    scale = 1 / (luma + np.float32(24))  # the constant tames the noise of dark cells
    return luma, cv2.blur((red - luma) * scale, (3, 3)), cv2.blur((blue - luma) * scale, (3, 3))


def _robust(values: Float, floor: float) -> tuple[float, float]:
    """Median and 1.4826 × median absolute deviation (the σ of a Gaussian), not below `floor`."""
    centre = float(np.median(values))
    spread = 1.4826 * float(np.median(np.abs(values - np.float32(centre))))
    return centre, max(spread, floor)


def falling(distance: Float, inner: float, outer: float) -> Float:
    """1 up to `inner`, 0 from `outer`, a smoothstep between."""
    t = np.clip((np.float32(outer) - distance) / np.float32(outer - inner), 0, 1)
    return cast(Float, t * t * (np.float32(3) - np.float32(2) * t))
