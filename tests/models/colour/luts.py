"""LUT files written line by line, or pixel by pixel, so that tests know what is in them; and what OpenColorIO makes
of them.
"""

from pathlib import Path

import cv2
import numpy as np
import PyOpenColorIO as ocio  # noqa: N813

UNIT = ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
WIDE = ((-0.2, 0.0, 0.1), (1.3, 0.9, 2.0))
# Every fifth code of each channel, and both ends.
SWEEP = np.stack(np.meshgrid(*[np.arange(0, 256, 5, dtype=np.uint8)] * 3), axis=-1).reshape(-1, 3)


def look(rgb):
    """A look that mixes channels and bends each another way; values 0..1, shape (..., 3)."""
    mix = np.array([[0.9, 0.1, 0.0], [0.05, 0.85, 0.1], [0.1, 0.0, 0.9]])
    return (np.clip(rgb, 0, 1) @ mix.T) ** [0.8, 1.1, 1.3] * 0.95 + 0.02


def bend(rgb):
    return np.clip(rgb, 0, 1) ** [0.7, 1.2, 1.9]


def grid(size, low=UNIT[0], high=UNIT[1]):
    """The colours at the corners of a cube, red running fastest: (size³, 3)."""
    b, g, r = np.meshgrid(*(np.linspace(low[c], high[c], size) for c in (2, 1, 0)), indexing="ij")
    return np.stack([r, g, b], axis=-1).reshape(-1, 3)


def cube(kind, rows, domain=UNIT, newline="\n"):
    size = len(rows) if kind == "1D" else round(len(rows) ** (1 / 3))
    lines = ['TITLE "A look"', "# made by a test", "", f"LUT_{kind}_SIZE {size}"]
    lines += [f"DOMAIN_{name} {' '.join(map(str, end))}" for name, end in zip(("MIN", "MAX"), domain, strict=True)]
    lines += ["", "# rows", *(f"{r:.7f} {g:.7f} {b:.7f}" for r, g, b in rows)]
    return newline.join([*lines, ""]).encode()


def cube_3d(size, domain=UNIT, **how):
    return cube("3D", look(grid(size, *domain)), domain, **how)


def cube_1d(size, domain=UNIT, **how):
    return cube("1D", bend(np.linspace(*domain, size)), domain, **how)


def hald(level, bits=8):
    most = 2**bits - 1
    codes = np.rint(look(grid(level**2)) * most).astype(np.uint8 if bits == 8 else np.uint16)
    return png(codes.reshape(level**3, level**3, 3)[..., ::-1])


def png(bgr):
    return cv2.imencode(".png", bgr)[1].tobytes()


def by_opencolorio(transform, codes=SWEEP):
    """What OpenColorIO makes of 8-bit colours (N, 3), rounded to 8 bit."""
    processor = ocio.Config.CreateRaw().getProcessor(transform)
    rgb = codes.astype(np.float32) / np.float32(255)
    processor.getOptimizedCPUProcessor(ocio.OPTIMIZATION_LOSSLESS).applyRGB(rgb)
    return np.rint(np.clip(rgb, 0, 1) * 255).astype(int)


def of_cube_file(path: Path, data: bytes):
    path.write_bytes(data)
    tetrahedral = b"LUT_3D_SIZE" in data
    return ocio.FileTransform(str(path), interpolation=ocio.INTERP_TETRAHEDRAL if tetrahedral else ocio.INTERP_LINEAR)


def of_cube(values):
    """A transform of values (size³, 3), red running fastest."""
    size = round(len(values) ** (1 / 3))
    transform = ocio.Lut3DTransform(gridSize=size)
    transform.setInterpolation(ocio.INTERP_TETRAHEDRAL)
    b, g, r = np.unravel_index(np.arange(size**3), (size,) * 3)
    for i, value in enumerate(values):
        transform.setValue(int(r[i]), int(g[i]), int(b[i]), *map(float, value))
    return transform
