"""Erase: replaces what is marked by a plausible background."""

from collections.abc import Iterable

import cv2
import numpy as np

from models.erase.fill import Inpainter
from models.erase.filling import Filling, Squares
from models.erase.holes import Area, Hole, holes_of
from models.erase.noise import with_noise_of
from models.erase.region import Mask, distance_to, grown
from models.picture import Picture, Pixels

FEATHER = 3  # pixels around the mask over which old and new blend; more where a hole is filled at a lower resolution
_BATCH = 8  # holes whose squares are in memory at once


class Erase:
    """Fills the holes of a mask."""

    def __init__(self, inpainter: Inpainter) -> None:
        self._inpainter = inpainter

    def run(self, picture: Picture, mask: Mask, seed: int) -> Filling[None]:
        """Fill what `mask` (H, W) marks in a picture's pixels, in place; alpha stays.

        No pixel changes that is farther than the feather from the mask. Each hole is filled from the original photo,
        with all other holes masked, so their order does not matter. `seed` is 32 bits derived from the photo. If
        filling fails, no pixel is changed.
        """
        filled: list[tuple[Hole, Pixels, Mask]] = []
        holes, pixels = holes_of(mask, self._inpainter.native), picture.pixels
        for hole in holes:
            picture.load(*hole.window)
        for first in range(0, len(holes), _BATCH):
            some = holes[first : first + _BATCH]
            seen = [_seen(pixels, mask, hole) for hole in some]
            found = yield Squares(self._inpainter, [crop for crop, _ in seen], [marked for _, marked in seen])
            filled += [self._finished(pixels, mask, hole, fill, seed) for hole, fill in zip(some, found, strict=True)]
        _paste(pixels, filled)

    def _finished(self, pixels: Pixels, mask: Mask, hole: Hole, fill: Pixels, seed: int) -> tuple[Hole, Pixels, Mask]:
        """Return what replaces the photo around a hole's box, uint8 (h, w, 3), and its weight in 255ths (h, w)."""
        x0, y0, x1, y1 = hole.window
        area = _reach(hole)
        inside = np.s_[area[1] - y0 : area[3] - y0, area[0] - x0 : area[2] - x0]
        there = pixels[y0:y1, x0:x1]
        if fill.shape[:2] != there.shape[:2]:
            fill = np.asarray(cv2.resize(fill, there.shape[1::-1], interpolation=cv2.INTER_CUBIC), np.uint8)
        marked = mask[y0:y1, x0:x1]
        if self._inpainter.smooth or hole.scale > 1:
            around = np.ascontiguousarray(there[:, :, :3])
            fill = with_noise_of(around, grown(marked, _feather(hole)), fill, (x0, y0), seed)
        return hole, fill[inside].copy(), _weight(marked, hole)[inside].copy()


def _seen(pixels: Pixels, mask: Mask, hole: Hole) -> tuple[Pixels, Mask]:
    """Return the hole's square as input of the model, (h, w, 3), and the mask of what to fill, (h, w).

    The feather is filled too, because it blends into the photo.
    """
    x0, y0, x1, y1 = hole.window
    crop = np.ascontiguousarray(pixels[y0:y1, x0:x1, :3])
    marked = grown(mask[y0:y1, x0:x1], _feather(hole))
    if hole.scale > 1:
        size = max(1, round(crop.shape[1] / hole.scale)), max(1, round(crop.shape[0] / hole.scale))
        crop = np.asarray(cv2.resize(crop, size, interpolation=cv2.INTER_AREA), np.uint8)
        touched = cv2.resize(marked, size, interpolation=cv2.INTER_AREA)
        marked = np.where(np.asarray(touched) > 0, np.uint8(255), np.uint8(0))
    return crop, marked


def _feather(hole: Hole) -> int:
    return round(FEATHER * hole.scale)


def _reach(hole: Hole) -> Area:
    """Return the hole's box with its feather, within its window."""
    by, window = _feather(hole), hole.window
    x0, y0, x1, y1 = hole.box
    return max(window[0], x0 - by), max(window[1], y0 - by), min(window[2], x1 + by), min(window[3], y1 + by)


def _weight(marked: Mask, hole: Hole) -> Mask:
    """Return 255 in the hole's own part of the mask, falling to 0 at the end of the feather, uint8 (h, w)."""
    (x0, y0, _, _), box = hole.window, hole.box
    own = np.zeros_like(marked)
    inside = np.s_[box[1] - y0 : box[3] - y0, box[0] - x0 : box[2] - x0]
    own[inside] = marked[inside]
    away = distance_to(own) / np.float32(_feather(hole) + 1)
    return np.asarray(np.rint(255 * np.clip(1 - away, 0, 1)), np.uint8)


def _paste(pixels: Pixels, filled: Iterable[tuple[Hole, Pixels, Mask]]) -> None:
    """Blend; where the feathers of two holes meet, the later one blends into the earlier one."""
    for hole, fill, weight in filled:
        x0, y0, x1, y1 = _reach(hole)
        there = pixels[y0:y1, x0:x1, :3]
        share = weight[:, :, None].astype(np.uint16)
        there[...] = (fill * share + there * (255 - share) + 127) // 255
