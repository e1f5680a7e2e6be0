"""The self-test of a compiled library on a small picture, before it is used for photos."""

import hashlib
from collections.abc import Callable, Sequence

import numpy as np

from models.colour.table import Curves, Depth, Packed, Table
from models.faces.faces import Float
from models.faces.patch import Patch
from models.finish import Finish
from models.hash import PositionHash
from models.picture import Pixels
from models.texture import SHIFTS, Band, Radial

EXPECTED = "a10c023d183dda315618713d03f1349774299a5e482e0899e74afd8ce0a59aa3"
_HEIGHT, _WIDTH = 131, 67
_SEED = 1


def digest(lay: Callable[[Pixels, Sequence[Patch], int], None], finish: Callable[[Pixels, Finish, int], None]) -> str:
    """Return the SHA-256 of a picture after every step of an applier; it must be EXPECTED.

    The numbers come from exact arithmetic, so that they are the same on every machine.
    """
    place = PositionHash.of(0, _HEIGHT, 0, _WIDTH, _SEED)
    # No blue, so that a table of 2^16 entries is enough.
    words = (place.flips[:, None] ^ place.places) * place.factors[:, None] & np.uint32(0xFF00FFFF)
    pixels = words.view(np.uint8).reshape(_HEIGHT, _WIDTH, 4)
    entries = (np.arange(1 << 16, dtype=np.uint32) * np.uint32(0x9E3779B1) >> np.uint32(2)).view(np.int32)
    vignette = Radial(1 + _noise(_HEIGHT, 1, 2.0**-2)[:, 0], _noise(1, _WIDTH, 2.0**-2)[0])
    grain = Band(_noise(20, _WIDTH + SHIFTS, 2.0**-12), _noise(3, _WIDTH + SHIFTS, 2.0**-12))
    finish(pixels, Finish(Table(entries, 10), vignette, grain), _SEED)
    lay(pixels, [_patch()], _SEED)
    pixels[..., 2] = 0
    finish(pixels, Finish(Table(entries & 0xFFFFFF, 8)), _SEED)
    finish(pixels, Finish(_curves(entries, 10), vignette), _SEED)
    finish(pixels, Finish(_curves(entries, 8)), _SEED)
    return hashlib.sha256(pixels.tobytes()).hexdigest()


def _curves(entries: Packed, depth: Depth) -> Curves:
    """Some entries, each with only the bits of its channel."""
    fields = [((1 << depth) - 1) << channel * depth for channel in range(3)]
    return Curves(entries[:768].reshape(3, 256) & np.asarray(fields, np.int32)[:, None], depth)


def _patch() -> Patch:
    """A patch of 9×11 cells of 8×8 pixels; some at the edges are idle, and the last ones overhang."""
    planes = _noise(4 * 9, 11, 1).reshape(4, 9, 11) * np.asarray((0.5, 50, 50, 50), np.float32)[:, None, None]
    planes[:, :2], planes[:, :, :3] = 0, 0
    patch = Patch.of(planes, np.abs(planes[0]), 8, (3, 5), (_WIDTH, 74), 9.0)
    assert patch is not None  # noqa: S101
    return patch


def _noise(rows: int, columns: int, scale: float) -> Float:
    """From -scale / 2 to scale / 2."""
    return (PositionHash.of(0, rows, 0, columns, _SEED).noise() - np.float32(0.5)) * np.float32(scale)
