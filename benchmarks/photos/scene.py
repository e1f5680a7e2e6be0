"""The scenes of demo photos: a crop of a public-domain picture, or a print of the astronaut on a brick wall.

Scenes are small (a pixel for each pixel of their source); the camera of demo_photos.py makes them large.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from PIL import Image
from skimage import data

# Licences: docs/benchmarks.md.
_PLACES = ("coffee", "chelsea", "rocket", "hubble_deep_field", "retina")
_FACE = (182, 58, 270, 178)  # the astronaut's, as CenterFace sees it
_SMALLEST, _LARGEST = 0.08, 0.30  # of the frame's width that a face takes
_GOLDEN = 0.6180339887498949  # multiples modulo 1 are evenly spread for any number
_TINTS = ((236, 226, 214), (214, 120, 92), (196, 200, 206), (206, 184, 150))  # of the wall


@dataclass(frozen=True, slots=True)
class Frame:
    """The properties of the photo with an index: deterministic, and independent of the number of photos."""

    index: int
    portrait: bool
    orientation: int  # EXIF
    profile: str | None  # "srgb", "p3" or none
    gps: bool
    face_share: float | None  # of the frame's width, or no face

    @classmethod
    def of(cls, index: int) -> "Frame":
        """Every second photo has a face, three in ten a turned camera, two in five a profile, one a place."""
        orientation = {2: 6, 4: 8, 7: 3, 8: 6}.get(index % 10, 1)
        share = None
        if index % 2 == 0:
            share = _SMALLEST + (_LARGEST - _SMALLEST) * ((0.5 + index // 2 * _GOLDEN) % 1)
        return cls(
            index=index,
            portrait=orientation in (6, 8) or index % 10 == 5,
            orientation=orientation,
            profile={1: "srgb", 3: "p3"}.get(index % 5),
            gps=index == 3,
            face_share=share,
        )


def draw(frame: Frame, random: np.random.Generator) -> Image.Image:
    """The scene, upright, 4:3 or 3:4, in sRGB."""
    aspect = 3 / 4 if frame.portrait else 4 / 3
    if frame.face_share is None:
        return _place(_PLACES[frame.index // 2 % len(_PLACES)], aspect, random)
    width = (_FACE[2] - _FACE[0]) / frame.face_share
    size = (round(width), round(width / aspect))
    if size[0] <= 512 and size[1] <= 512:
        return _portrait(size, random)
    return _print_on_a_wall(size, random)


@cache
def _source(name: str) -> Image.Image:
    return Image.fromarray(np.asarray(getattr(data, name)()))


def _place(name: str, aspect: float, random: np.random.Generator) -> Image.Image:
    """70 to 100 % of the largest frame that fits, anywhere, perhaps mirrored."""
    source = _source(name)
    width = min(source.width, source.height * aspect) * random.uniform(0.7, 1.0)
    size = (int(width), int(width / aspect))
    left, top = (int(random.integers(0, room + 1)) for room in (source.width - size[0], source.height - size[1]))
    scene = source.crop((left, top, left + size[0], top + size[1]))
    return scene.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if random.random() < 0.5 else scene


def _portrait(size: tuple[int, int], random: np.random.Generator) -> Image.Image:
    """A frame of `size` from the astronaut's picture with the whole head in it."""
    left = _between(270 + 14 - size[0], 182 - 14, 512 - size[0], random)
    top = _between(178 + 10 - size[1], 58 - 28, 512 - size[1], random)
    return _source("astronaut").crop((left, top, left + size[0], top + size[1]))


def _print_on_a_wall(size: tuple[int, int], random: np.random.Generator) -> Image.Image:
    """The astronaut's portrait with a mount and a frame, hung anywhere on bricks."""
    wall = _wall(size, random)
    height = min(480, int(size[1] * 0.84))
    width = min(height * 4 // 5, int(size[0] * 0.84))
    face = (226, 118)
    left = min(max(0, face[0] - width // 2), 512 - width)
    top = min(max(0, face[1] - height * 2 // 5), 512 - height)
    picture = _source("astronaut").crop((left, top, left + width, top + height))
    mount, rail = max(4, width // 16), max(2, width // 40)
    framed = Image.new("RGB", (width + 2 * (mount + rail), height + 2 * (mount + rail)), (38, 30, 26))
    framed.paste((242, 240, 234), (rail, rail, framed.width - rail, framed.height - rail))
    framed.paste(picture, (mount + rail, mount + rail))
    room = (max(0, size[0] - framed.width), max(0, size[1] - framed.height))
    wall.paste(framed, (int(random.integers(0, room[0] + 1)), int(random.integers(0, room[1] + 1))))
    return wall


def _wall(size: tuple[int, int], random: np.random.Generator) -> Image.Image:
    """Tinted bricks, the picture of them repeated in mirror image."""
    bricks = np.asarray(_source("brick").transpose(Image.Transpose.ROTATE_90), np.int32)
    below, right = max(0, size[1] - bricks.shape[0]), max(0, size[0] - bricks.shape[1])
    bricks = np.pad(bricks, ((0, below), (0, right)), mode="symmetric")[: size[1], : size[0]]
    tint = np.asarray(_TINTS[int(random.integers(len(_TINTS)))], np.int32)
    lit = np.minimum(255, bricks[:, :, None] * tint * 3 // 510)
    return Image.fromarray(lit.astype(np.uint8))


def _between(low: int, high: int, most: int, random: np.random.Generator) -> int:
    """A whole number from `low` to `high`, kept within 0 to `most`."""
    low, high = max(0, low), min(most, high)
    return int(random.integers(low, high + 1)) if high > low else min(most, max(0, low))
