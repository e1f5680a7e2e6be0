"""Photos of scenes under known light: exposure, white balance and framing of each are chosen, and so are known."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import simplejpeg
from skimage import data

from models.colour.balance import gains
from models.colour.curves import srgb_decode, srgb_encode
from models.picture import Pixels

SCENES: dict[str, Callable[[], Pixels]] = {
    "astronaut": data.astronaut,
    "coffee": data.coffee,
    "cat": data.chelsea,
    "motorcycle": lambda: data.stereo_motorcycle()[0],  # type: ignore[no-untyped-call]
    "rocket": data.rocket,
}
"""Photos that come with scikit-image."""
PATCHES = {
    ("astronaut", "skin"): (104, 124, 205, 250),
    ("astronaut", "grey"): (30, 90, 310, 380),
    ("motorcycle", "grey"): (392, 420, 240, 305),
}
"""Top, bottom, left and right of what should look the same in each photo of a scene."""

_EV, _TEMPERATURE, _TINT = 0.6, 0.25, 0.12  # standard deviations of a careless camera
_PART = 0.85  # of the scene's sides in a photo


@dataclass(frozen=True, slots=True)
class Shot:
    """One photo of a scene."""

    scene: str
    pixels: Pixels  # (H, W, 3)
    top: int
    left: int

    @property
    def jpeg(self) -> bytes:
        """The file of a camera."""
        return bytes(simplejpeg.encode_jpeg(np.ascontiguousarray(self.pixels), 92))


def shots(scene: str, count: int, seed: int = 7) -> Iterator[Shot]:
    """Yield photos of a scene, each framed and lit at random."""
    rng = np.random.default_rng([seed, len(scene)])
    rgb = SCENES[scene]()
    for _ in range(count):
        top, left = rng.random(2)
        light = np.clip(rng.normal(size=3), -2, 2) * (_EV, _TEMPERATURE, _TINT)
        part = framed(rgb, top, left)
        place = (round(at * (whole - cut)) for at, whole, cut in zip((top, left), rgb.shape, part.shape, strict=False))
        yield Shot(scene, under(part, *light), *place)


def under(rgb: Pixels, exposure: float = 0.0, temperature: float = 0.0, tint: float = 0.0) -> Pixels:
    """Return the scene (H, W, 3) as a camera with that much more light, and that white balance, has it; white clips."""
    linear = srgb_decode(rgb / 255.0) * 2**exposure * gains(temperature, tint)
    return np.rint(255 * srgb_encode(np.clip(linear, 0, 1))).astype(np.uint8)


def framed(rgb: Pixels, top: float, left: float, part: float = _PART) -> Pixels:
    """Return a part of the scene; top and left are 0..1."""
    height, width = (round(part * side) for side in rgb.shape[:2])
    y, x = round(top * (rgb.shape[0] - height)), round(left * (rgb.shape[1] - width))
    return rgb[y : y + height, x : x + width]
