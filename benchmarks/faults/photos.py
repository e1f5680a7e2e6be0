"""Small photos, all different, and files that are not photos."""

from functools import cached_property

import numpy as np
import simplejpeg
from PIL import Image
from skimage import data

SIDE = 640


class SmallPhotos:
    """JPEGs of 640 × 640 with a face, by number; the same seed gives the same bytes. No two are alike."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def jpeg(self, number: int) -> bytes:
        """Return photo `number`."""
        rng = np.random.default_rng([self._seed, number])
        grain = np.roll(self._grain, tuple(rng.integers(0, SIDE, 2)), (0, 1))
        tint = rng.uniform(0.8, 1.1, 3).astype(np.float32)
        pixels = np.clip(self._portrait * tint + grain, 0, 255).astype(np.uint8)
        jpeg: bytes = simplejpeg.encode_jpeg(pixels, 88)
        return jpeg

    def bad(self, error: str, number: int) -> bytes:
        """Return a file that must fail with `error`: unsupported_media, truncated or empty_file."""
        if error == "empty_file":
            return b""
        if error == "truncated":
            whole = self.jpeg(number)
            return whole[: len(whole) // 2]
        return f"this is no photo but the text number {number}\n".encode() * 20

    @cached_property
    def _portrait(self) -> "np.ndarray[tuple[int, ...], np.dtype[np.float32]]":
        portrait = Image.fromarray(data.astronaut()).resize((SIDE, SIDE))  # type: ignore[no-untyped-call]
        return np.asarray(portrait, np.float32)

    @cached_property
    def _grain(self) -> "np.ndarray[tuple[int, ...], np.dtype[np.float32]]":
        return np.random.default_rng(self._seed).normal(0, 4, (SIDE, SIDE, 1)).astype(np.float32)
