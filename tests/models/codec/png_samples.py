"""PNGs of every colour type and depth, with chunks that Pillow doesn't write."""

import io

import numpy as np
from PIL import Image

from tests.models.codec.deep_samples import chunk, deep_png

KINDS = [
    "L",
    "LA",
    "L with a key",
    "RGB",
    "RGBA",
    "RGB with a key",
    "P",
    "16 L",
    "16 L with a key",
    "16 LA",
    "16 RGB",
    "16 RGB with a key",
    "16 RGBA",
]
KEY = 77  # the level that is clear in kinds with a key
HEAD_END = 33  # of the file: the signature and IHDR


def png_of(kind: str, levels: np.ndarray, *, before: bytes = b"", after: bytes = b"") -> bytes:
    """Write grey levels (H, W) uint8 as a PNG of a kind, with whole chunks before and after the pixels.

    With alpha it is 200 everywhere.
    """
    if kind.startswith("16"):
        grey = levels.astype(np.uint16)[..., None] * 257
        alpha = np.full_like(grey, 200 * 257)
        colours = [grey] * (3 if "RGB" in kind else 1) + [alpha] * kind.endswith("A")
        if kind.endswith("key"):
            before += chunk(b"tRNS", (KEY * 257).to_bytes(2, "big") * len(colours))
        return deep_png(np.concatenate(colours, axis=-1), before=before, after=after)
    mode = kind.partition(" with a key")[0]
    image = Image.fromarray(levels)
    if mode == "P":  # in which index and level differ
        image = Image.fromarray(255 - levels, "P")
        image.putpalette([level for level in range(255, -1, -1) for _ in range(3)])
    else:
        image = image.convert(mode)
    if mode.endswith("A"):
        image.putalpha(200)
    target = io.BytesIO()
    key = {} if kind == mode else {"transparency": KEY if mode == "L" else (KEY,) * 3}
    image.save(target, "PNG", **key)
    return with_chunks(target.getvalue(), before=before, after=after)


def with_chunks(png: bytes, *, before: bytes = b"", after: bytes = b"") -> bytes:
    """Put chunks behind the header of a PNG, and before its end."""
    return png[:HEAD_END] + before + png[HEAD_END:-12] + after + png[-12:]


def gamma(value: float) -> bytes:
    return chunk(b"gAMA", round(value * 100_000).to_bytes(4, "big"))


def corners(*x_y: float) -> bytes:
    """cHRM: x and y of white, red, green, blue."""
    return chunk(b"cHRM", b"".join(round(number * 100_000).to_bytes(4, "big") for number in x_y))
