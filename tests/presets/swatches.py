"""What looks make of single colours, and of small pictures."""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from skimage import color

from models.colour.cache import TableCache
from models.eager.applier import EagerApplier
from models.erase.filling import alone
from models.picture import Picture, Source
from presets.catalogue import Catalogue, resolve
from presets.pipeline import compile_pipeline
from tests.models.faces.retouching import detector

Colours = npt.NDArray[np.uint8]

SKIES = {"light": (150, 190, 235), "day": (110, 160, 220), "deep": (60, 115, 195), "dusk": (30, 60, 120)}
SKIN = {"ruddy": (205, 135, 115), "red": (190, 105, 90), "tan": (190, 140, 108), "brown": (140, 92, 66)}
RAMP = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)
OF_FACES = {"smoothing", "whitening", "sharpening", "blemish", "eyes", "teeth", "dark_circles"}
OF_PLACES = {"grain", "vignette"}


@cache
def run(preset_id: str, without: frozenset[str], pixels: bytes, height: int) -> Colours:
    """Retouch a picture, with the look's parameters but for some."""
    rgb = np.frombuffer(pixels, np.uint8).reshape(height, -1, 3)
    look = Catalogue.built_in().get(preset_id)
    params = {name: value for name, value in look.params.items() if name not in without}
    picture = Picture(np.dstack([rgb, np.full(rgb.shape[:2], 255, np.uint8)]), Source("png", rgb.shape[1], height))
    pipeline = compile_pipeline(
        resolve(None, look.type, params),
        max_side=None,
        tables=TableCache(Path("/nonexistent")),  # small pictures need none
        applier=EagerApplier("cpu"),
        faces=None if without >= OF_FACES else detector(),
    )
    alone(pipeline.run(picture, bytes(32)))
    return picture.pixels[..., :3]


def graded(preset_id: str, colours: Any) -> Colours:
    """What becomes of colours (n, 3), wherever they are."""
    rgb = np.asarray(colours, np.uint8).reshape(1, -1, 3)
    return run(preset_id, frozenset(OF_FACES | OF_PLACES), rgb.tobytes(), 1)[0]


def lch(colours: Any) -> npt.NDArray[np.float64]:
    """CIELAB lightness, chroma and hue in degrees, of colours (n, 3)."""
    lab = color.rgb2lab(np.asarray(colours, np.uint8).reshape(1, -1, 3))[0]
    hue = np.degrees(np.arctan2(lab[:, 2], lab[:, 1]))
    return np.stack([lab[:, 0], np.hypot(lab[:, 1], lab[:, 2]), hue], axis=1)


def change(preset_id: str, colours: Any) -> npt.NDArray[np.float64]:
    """The changes of lightness, chroma and hue (n, 3)."""
    made = lch(graded(preset_id, colours)) - lch(colours)
    made[:, 2] = (made[:, 2] + 180) % 360 - 180
    return made
