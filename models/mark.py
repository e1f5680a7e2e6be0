"""A mark, a text or a small picture, laid on a finished picture."""

import io
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms, ImageDraw, ImageFont

from models.gain_map import Channel, GainMap, Samples
from models.mark_image import read_mark
from models.picture import Picture, Pixels

Weight = npt.NDArray[np.float32]  # (h, w, 1): 0..1

_MARGIN = 0.03  # of the short side
_WIDEST = 0.9  # of the width
_HIGHEST = 0.9  # of the height
_LEAST = 8  # pixels of height
_OUTLINE = 0.05  # of the height of text: dark around light, so that it can be read on any ground
_KEPT = 8  # drawn marks, for photos of one size
_read = lru_cache(_KEPT)(read_mark)


@dataclass(frozen=True, slots=True)
class Mark:
    """What is laid where. `opacity` and `size`, the height as a part of the picture's short side, are 0..1."""

    text: str | None
    png: bytes | None
    corner: str
    opacity: float
    size: float

    def lay(self, picture: Picture) -> None:
        """Lay it on the upright pixels, on those of 16 bits, and keep it as bright as it is on HDR screens.

        Raises PhotoError `encode_failed` for a damaged image; DoubtError of the picture's parts.
        """
        height, width = picture.pixels.shape[:2]
        tile = self._drawn(height, width, picture.source.icc)
        x, y = self._place(tile, height, width)
        box = (slice(y, y + tile.shape[0]), slice(x, x + tile.shape[1]))
        picture.load(x, y, x + tile.shape[1], y + tile.shape[0])
        picture.pixels = np.require(picture.pixels, requirements=["C", "W"])
        weight = np.asarray(tile[..., 3:] * np.float32(self.opacity / 255), np.float32)
        colours = tile[..., :3].astype(np.float32)
        below = picture.pixels[box]
        left = (1 - weight) * below[..., 3:] / np.float32(255)
        covered = weight + left
        mixed = (colours * weight + below[..., :3] * left) / np.maximum(covered, np.float32(1e-6))
        below[...] = np.rint(np.dstack([mixed, covered * 255]))
        if picture.deep is not None:
            deep = picture.deep[box]
            deep[...] = np.rint(colours * np.float32(257) * weight + deep * (1 - weight))
        if picture.gain_map is not None:
            picture.gain_map = _without_gain(picture.gain_map, weight, (x, y), (height, width))

    def _place(self, tile: Pixels, height: int, width: int) -> tuple[int, int]:
        free = width - tile.shape[1], height - tile.shape[0]
        margin = round(_MARGIN * min(height, width))
        if self.corner == "center":
            return free[0] // 2, free[1] // 2
        x, y = (min(margin, one) for one in free)
        return free[0] - x if "right" in self.corner else x, free[1] - y if "bottom" in self.corner else y

    def _drawn(self, height: int, width: int, icc: bytes | None) -> Pixels:
        """Return the mark in straight alpha, in the colours of the picture's profile."""
        wanted = max(_LEAST, round(self.size * min(height, width)))
        image = _text(self.text, wanted) if self.text is not None else _read(self.png or b"")
        scale = min(wanted / image.height, _WIDEST * width / image.width, _HIGHEST * height / image.height)
        size = max(1, min(width, round(image.width * scale))), max(1, min(height, round(image.height * scale)))
        if size != image.size:
            image = image.resize(size, Image.Resampling.LANCZOS)
        if icc is not None and self.png is not None:
            image = _in_profile(image, icc)
        return np.array(image, np.uint8)


@lru_cache(_KEPT)
def _text(text: str, height: int) -> Image.Image:
    font = ImageFont.load_default(size=height)
    outline = max(1, round(height * _OUTLINE))
    left, top, right, bottom = font.getbbox(text, stroke_width=outline)
    image = Image.new("RGBA", (max(1, round(right - left)), max(1, round(bottom - top))), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    draw.text((-left, -top), text, (255, 255, 255, 255), font, stroke_width=outline, stroke_fill=(0, 0, 0, 160))
    return image


def _in_profile(image: Image.Image, icc: bytes) -> Image.Image:
    """Return the mark in another RGB profile; in its own colours if the profile cannot be used."""
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        rgb = ImageCms.profileToProfile(image.convert("RGB"), ImageCms.createProfile("sRGB"), profile, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError):
        return image
    if rgb is None:
        return image
    rgb.putalpha(image.getchannel("A"))
    return rgb


def _without_gain(gain_map: GainMap, weight: Weight, at: tuple[int, int], size: tuple[int, int]) -> GainMap:
    """Return the map that gives no gain where the mark covers the picture, of `size`, at `at`."""
    samples = gain_map.samples
    across, down = samples.shape[1] / size[1], samples.shape[0] / size[0]
    x0, y0 = int(at[0] * across), int(at[1] * down)
    x1 = min(samples.shape[1], -int(-(at[0] + weight.shape[1]) * across // 1))
    y1 = min(samples.shape[0], -int(-(at[1] + weight.shape[0]) * down // 1))
    if x0 >= x1 or y0 >= y1:
        return gain_map
    small = np.asarray(cv2.resize(weight[..., 0], (x1 - x0, y1 - y0), interpolation=cv2.INTER_AREA))[..., None]
    changed: Samples = samples.copy()
    part = changed[y0:y1, x0:x1]
    channels = gain_map.scale.channels * (samples.shape[2] // len(gain_map.scale.channels) or 1)
    none = np.array([_sample_of_none(channel) for channel in channels[: samples.shape[2]]], np.float32)
    part[...] = np.rint(part + small * (none - part))
    return gain_map.changed(changed)


def _sample_of_none(channel: Channel) -> float:
    """Return the sample that means no gain, or the least gain that there is."""
    span = channel.maximum - channel.minimum
    share = min(1.0, max(0.0, -channel.minimum / span)) if span > 0 else 0.0
    return float(255 * share**channel.gamma)
