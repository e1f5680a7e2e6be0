"""Beauty: skin smoothed, evened and lifted, eyes, brows and lips made crisp, inside faces only."""

from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt
import torch

from models.faces import Face, FaceDetector, detection_step
from models.hash import position_hash
from models.picture import Pixels
from models.reduce import reduce_cells
from models.retouch import Strength, coefficients
from models.skin import LUMA, Float, SkinModel, brows, eyes_and_lips, frame_of, oval

_MARGIN = 0.40  # of the face's size, on each side of its box
_WIDEST = 256  # cells; a crop is reduced by two until it is no wider
_FINE = (1 << 14, 1 << 7, 1 << 7, 1 << 7)  # planes are multiples of one over these, see Patch
_BROW = 0.20  # of the distance of the eyes: the thickest brow
_FEATHER = 0.035  # of the distance of the eyes: the σ that softens the skin's mask
_BRUSH = 0.12  # the same, for the mask of light and colour
_PIECE = 1 << 17  # pixels that apply works on at once on a CPU: fewer cost calls, more leave the cache


@dataclass(slots=True)
class Patch:
    """What beauty does around one face: out_c = in_c + A·Y + D_c, with Y the Rec.601 luma, 0..255, gamma-coded.

    `planes` is float32 (4, gh, gw): A, then D for R, G, B, on cells of step×step pixels, the first beginning at pixel
    (y0, x0). Between the cells' centres the values are bilinear. They are rounded to multiples of 2⁻¹⁴ and 2⁻⁷, and
    again once they are interpolated along the rows; a bilinear weight has at most eight bits. So each sum of products
    is exact in float32 and its order does not matter: a matrix product of any shape on any device gives the same bits.
    """

    planes: Float
    mask: Float  # (gh, gw), 0..1: where this face is worked on, for those who want to see it
    step: int
    x0: int
    y0: int
    x1: int
    y1: int
    _wide: dict[torch.device, torch.Tensor] = field(default_factory=dict)

    def wide(self, device: torch.device) -> torch.Tensor:
        """The planes with a column for each pixel, float32 (gh, 4, x1-x0); computed once a device."""
        if device not in self._wide:
            size = (self.planes.shape[2] * self.step, self.planes.shape[1])
            wide = np.stack(
                [cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR) for plane in self.planes], axis=1
            )
            fine = np.asarray(_FINE, np.float32)[:, None]
            wide = np.round(wide[:, :, : self.x1 - self.x0] * fine) / fine
            self._wide[device] = torch.from_numpy(wide).to(device)
        return self._wide[device]

    def rows(self, y0: int, y1: int, x0: int, x1: int, device: torch.device) -> torch.Tensor:
        """The planes for the pixels y0..y1 × x0..x1 of the picture, float32 (y1-y0, 4, x1-x0)."""
        wide = self.wide(device)
        top, bottom = self._cells(y0, y1)
        first, weight = _between(y0 - self.y0, y1 - y0, self.step, wide.shape[0])
        mixer = np.zeros((y1 - y0, bottom - top), np.float32)
        each = np.arange(y1 - y0)
        mixer[each, first - top] = 1 - weight
        mixer[each, np.minimum(first + 1, bottom - 1) - top] += weight
        part = wide[top:bottom, :, x0 - self.x0 : x1 - self.x0]
        return (torch.from_numpy(mixer).to(device) @ part.flatten(1)).view(y1 - y0, 4, x1 - x0)

    def columns(self, y0: int, y1: int) -> tuple[int, int]:
        """The first column and the one past the last in which the pixel rows y0..y1 of the picture change at all."""
        top, bottom = self._cells(y0, y1)
        busy = np.flatnonzero(self.planes[:, top:bottom].any(axis=(0, 1)))
        if busy.size == 0:
            return self.x0, self.x0
        x0, x1 = (int(busy[0]) - 1) * self.step, (int(busy[-1]) + 2) * self.step
        return self.x0 + max(0, x0), min(self.x1, self.x0 + x1)

    def _cells(self, y0: int, y1: int) -> tuple[int, int]:
        """The first row of cells that the pixel rows y0..y1 are made from, and the one past the last."""
        count = self.planes.shape[1]
        first = (2 * (y0 - self.y0) + 1 - self.step) // (2 * self.step)
        last = (2 * (y1 - 1 - self.y0) + 1 - self.step) // (2 * self.step) + 1
        return min(max(0, first), count - 1), min(last + 1, count)


@dataclass(frozen=True, slots=True)
class BeautyState:
    """The patches of a photo's faces, the largest face first."""

    patches: tuple[Patch, ...]


class Beauty:
    """Smooths, evens and lightens the skin of faces and sharpens their eyes, brows and lips."""

    def __init__(self, smoothing: float, whitening: float, sharpening: float, detector: FaceDetector) -> None:
        """`smoothing`, `whitening`, `sharpening` are 0..1; at 0 that part does nothing."""
        self._strength = Strength.of(smoothing, whitening, sharpening)
        self._detector = detector

    def analyse(self, pixels: Pixels) -> BeautyState | None:
        """What to do to `pixels`, uint8 (H, W, 4), RGB and alpha; None when there is no face in it."""
        step = detection_step(*pixels.shape[:2])
        small = reduce_cells(pixels, step)  # shared by the detector and by the crops of large faces
        faces = [face.scaled(step) for face in self._detector.detect(small)]
        patches = (self._patch(face, faces, pixels, small, step) for face in faces)
        kept = tuple(patch for patch in patches if patch is not None)
        return BeautyState(kept) if faces else None

    def _patch(
        self, face: Face, faces: list[Face], pixels: Pixels, small: Pixels, small_step: int
    ) -> Patch | None:
        """The coefficients around one face; None when there is nothing to do, such as no skin in sight."""
        height, width = pixels.shape[:2]
        wish = (1 + 2 * _MARGIN) * face.width
        step = 1
        while wish > step * _WIDEST:
            step *= 2
        x0, y0, x1, y1 = _crop(face, step, height, width)
        if x1 - x0 < step or y1 - y0 < step:
            return None
        if step >= small_step:
            part = small[y0 // small_step : -(-y1 // small_step), x0 // small_step : -(-x1 // small_step)]
            grid = reduce_cells(part, step // small_step)
        else:
            grid = reduce_cells(pixels[y0:y1, x0:x1], step)
        rgb = grid[:, :, :3].astype(np.float32)
        own = face.scaled(1 / step)
        others = [
            other.scaled(1 / step) for other in faces if other is not face and _near(other, x0, y0, x1, y1)
        ]
        mask, sharp, glow = _masks(rgb, own, others, x0 / step, y0 / step)
        inner = _window(mask.shape, (y0 > 0, x0 > 0, y1 < height, x1 < width))
        mask *= inner
        sharp *= inner
        glow *= inner
        planes = coefficients(rgb, mask, sharp, glow, frame_of(own).size, self._strength)
        fine = np.asarray(_FINE, np.float32)[:, None, None]
        planes = np.round(planes * fine) / fine
        return _trimmed(Patch(planes, np.maximum(np.maximum(mask, sharp), glow), step, x0, y0, x1, y1))

    def apply(self, pixels: torch.Tensor, y0: int, state: BeautyState, seed: int) -> None:
        """Retouches `pixels` in place: uint8 (h, W, 4), C-contiguous, the rows y0..y0+h of the photo, on any device.

        Alpha stays. Pixels outside the faces stay to the bit. `seed` chooses the dither. Any cut into strips gives the
        same bytes.
        """
        packed = pixels.view(torch.int32).squeeze(-1)
        for index, patch in enumerate(state.patches):
            top, bottom = max(y0, patch.y0), min(y0 + pixels.shape[0], patch.y1)
            rows = _PIECE // (patch.x1 - patch.x0) + 1 if pixels.device.type == "cpu" else bottom - top
            for y in range(top, bottom, max(1, rows)):
                end = min(y + rows, bottom)
                x0, x1 = patch.columns(y, end)
                if x0 < x1:
                    _apply(packed[y - y0 : end - y0, x0:x1], y, x0, patch, seed + index)


def _apply(packed: torch.Tensor, y0: int, x0: int, patch: Patch, seed: int) -> None:
    """One patch on the pixels from (y0, x0): int32 (h, w), R in the lowest byte, alpha in the highest; in place."""
    h, w = packed.shape
    planes = patch.rows(y0, y0 + h, x0, x0 + w, packed.device)
    # Masks and exact scaling by a power of two instead of shifts, which torch does slowly.
    red = (packed & 0xFF).to(torch.float32)
    green = (packed & 0xFF00).to(torch.float32).mul_(1 / 256)
    blue = (packed & 0xFF0000).to(torch.float32).mul_(1 / 65536)
    luma = (red * LUMA[0]).add_(green, alpha=LUMA[1]).add_(blue, alpha=LUMA[2])  # exact, so fused or not
    luma.mul_(planes[:, 0])
    # Adding 0..1 and cutting the fraction off rounds at random in proportion: no banding on smooth skin.
    luma.add_(position_hash(y0, h, x0, w, seed, packed.device))
    for index, channel in enumerate((red, green, blue)):
        change = planes[:, 1 + index].add_(
            luma
        )  # small to small: where nothing changes this is the hash, exactly
        channel.add_(change).clamp_(0, 255).floor_()
    result = red.add_(green, alpha=256).add_(blue, alpha=65536).to(torch.int32)  # below 2²⁴: exact
    packed.bitwise_and_(-0x1000000).bitwise_or_(result)


def _between(start: int, count: int, step: int, cells: int) -> tuple[npt.NDArray[np.int64], Float]:
    """For pixels start..start+count: the cell whose centre lies before each, and how far it is to the next.

    int64 (count,) in 0..cells-1, and float32 (count,) in [0, 1): a multiple of 1/(2·step).
    """
    halves = 2 * np.arange(start, start + count) + (1 - step)
    first, rest = np.divmod(halves, 2 * step)
    weight = np.where((first < 0) | (first >= cells - 1), 0, rest) / np.float32(2 * step)
    return np.clip(first, 0, cells - 1), weight.astype(np.float32)


def _crop(face: Face, step: int, height: int, width: int) -> tuple[int, int, int, int]:
    """The face and its margin in whole cells of the picture, cut at the picture's edges: x0, y0, x1, y1."""
    across, along = _MARGIN * face.width, _MARGIN * face.height
    x0 = int(max(0, face.box[0] - across)) // step * step
    y0 = int(max(0, face.box[1] - along)) // step * step
    x1 = min(width, -int(-(face.box[2] + across) // step) * step)
    y1 = min(height, -int(-(face.box[3] + along) // step) * step)
    return x0, y0, x1, y1


def _near(face: Face, x0: int, y0: int, x1: int, y1: int) -> bool:
    across, along = _MARGIN * face.width, _MARGIN * face.height
    return (
        face.box[0] - across < x1
        and face.box[2] + across > x0
        and face.box[1] - along < y1
        and face.box[3] + along > y0
    )


def _masks(rgb: Float, face: Face, others: list[Face], x0: float, y0: float) -> tuple[Float, Float, Float]:
    """Skin and features of `face` on a grid that begins at (x0, y0), float32 (h, w), 0..1; faces in cells."""
    height, width = rgb.shape[:2]
    frame = frame_of(face)
    u, v = frame.axes(height, width, x0, y0)
    inside = oval(face, u, v)
    keep, sharp = eyes_and_lips(face, u, v)
    drop = frame.drop / frame.size
    cheeks = (np.hypot(u / 0.75, (v - 0.52 * drop) / (0.38 * drop)) < 1) & (keep < 0.05) & (inside > 0.5)
    model = SkinModel.learnt(rgb, cheeks)
    if model is None:
        return np.zeros_like(u), np.zeros_like(u), np.zeros_like(u)
    dark = model.strokes(rgb, _BROW * frame.size)
    brow = brows(face, u, v) * dark
    np.maximum(keep, brow, out=keep)
    np.maximum(sharp, np.float32(0.5) * brow, out=sharp)
    share = np.ones_like(u)
    for other in others:
        u, v = frame_of(other).axes(height, width, x0, y0)
        theirs = oval(other, u, v)
        # Where two faces meet, each gets the part that is more its own; the parts add up to one.
        share *= (inside**2 + np.float32(1e-6)) / (inside**2 + theirs**2 + np.float32(1e-6))
        np.maximum(keep, eyes_and_lips(other, u, v)[0], out=keep)
        np.maximum(keep, brows(other, u, v) * dark, out=keep)
    # A pore is not a hole in the skin, and a lock of hair has soft edges: feather what colour decided.
    feather = max(0.6, _FEATHER * frame.size)
    mask = _connected(model.likeness(rgb) * inside, cheeks, frame.size)
    mask = cv2.GaussianBlur(mask, (0, 0), feather, borderType=cv2.BORDER_REPLICATE)
    mask *= inside * (1 - keep)
    # Light and colour change under a broader brush than texture, or every brow and lock would get a bright rim.
    glow = cv2.GaussianBlur(mask, (0, 0), _BRUSH * frame.size, borderType=cv2.BORDER_REPLICATE) * inside
    return (
        np.asarray(mask * share, np.float32),
        np.asarray(sharp * share, np.float32),
        np.asarray(glow * share, np.float32),
    )


def _connected(mask: Float, seed: npt.NDArray[np.bool_], size: float) -> Float:
    """The mask without what is not joined to `seed`: hair above the forehead can have the skin's colour."""
    count, labels = cv2.connectedComponents((mask > 0.4).astype(np.uint8), connectivity=4)
    own = np.zeros(count, np.uint8)
    own[np.unique(labels[seed])] = 1
    own[0] = 0
    # The soft edge belongs to it: weak cells near by.
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * round(0.15 * size) + 1,) * 2)
    return np.asarray(mask * cv2.dilate(own[labels], kernel), np.float32)


def _window(shape: tuple[int, ...], sides: tuple[bool, bool, bool, bool]) -> Float:
    """1 inside, falling to 0 at those of the top, left, bottom, right edges that lie within the picture."""
    ramps = []
    for count, before, after in ((shape[0], sides[0], sides[2]), (shape[1], sides[1], sides[3])):
        ramp = np.ones(count, np.float32)
        place = np.arange(count, dtype=np.float32)
        reach = max(2.0, 0.06 * count)
        if before:
            ramp = np.minimum(ramp, np.clip(place / reach, 0, 1))
        if after:
            ramp = np.minimum(ramp, np.clip((count - 1 - place) / reach, 0, 1))
        ramps.append(ramp)
    return np.asarray(ramps[0][:, None] * ramps[1], np.float32)


def _trimmed(patch: Patch) -> Patch | None:
    """The patch without the cells around it that do nothing; None when none is left."""
    busy = np.any(patch.planes != 0, axis=0)
    rows, columns = np.flatnonzero(busy.any(axis=1)), np.flatnonzero(busy.any(axis=0))
    if rows.size == 0:
        return None
    # One idle cell stays around: the values fall to 0 towards its centre.
    top, left = max(0, int(rows[0]) - 1), max(0, int(columns[0]) - 1)
    bottom, right = int(rows[-1]) + 2, int(columns[-1]) + 2
    return Patch(
        np.ascontiguousarray(patch.planes[:, top:bottom, left:right]),
        patch.mask[top:bottom, left:right],
        patch.step,
        patch.x0 + left * patch.step,
        patch.y0 + top * patch.step,
        min(patch.x1, patch.x0 + right * patch.step),
        min(patch.y1, patch.y0 + bottom * patch.step),
    )
