"""The self-test of the compiled functions on patches, before they are used for photos."""

import hashlib

import numpy as np

from models.erase.fill import Inpainter
from models.hash import PositionHash

EXPECTED = "2ca887fd54f3d50df193c2a055f7fff61ef268fdf36d54f71e3de784708a3c56"
_SIDE = 88  # pixels: large enough for two levels
_SEED = 1


def digest(inpainter: Inpainter) -> str:
    """Return the SHA-256 of a picture whose hole an inpainter has filled; it must be EXPECTED."""
    place = PositionHash.of(0, _SIDE, 0, _SIDE, _SEED)
    words = (place.flips[:, None] ^ place.places) * place.factors[:, None]
    noise = words.view(np.uint8).reshape(_SIDE, _SIDE, 4)[:, :, :3] >> 2
    pixels = np.ascontiguousarray(noise + np.arange(0, 2 * _SIDE, 2, dtype=np.uint8)[:, None])
    mask = np.zeros((_SIDE, _SIDE), np.uint8)
    mask[30:62, 20:70] = mask[0:9, 40:52] = 255
    return hashlib.sha256(inpainter.fill([pixels], [mask])[0].tobytes()).hexdigest()
