"""ICC profiles written byte by byte, so that tests know what is in them."""

import struct

import numpy as np

# Linear RGB to XYZ, adapted to D50, of spaces that photos come in.
DISPLAY_P3 = np.array([[0.51512, 0.29198, 0.15710], [0.24120, 0.69225, 0.06657], [-0.00105, 0.04189, 0.78407]])
SRGB = np.array([[0.43607, 0.38515, 0.14307], [0.22249, 0.71687, 0.06061], [0.01392, 0.09708, 0.71410]])
SRGB_CURVE = (3, (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045))


def para(kind: int, numbers: tuple[float, ...]) -> bytes:
    return struct.pack(f">4s4xHxx{len(numbers)}i", b"para", kind, *(round(n * 65536) for n in numbers))


def curv(*values: int) -> bytes:
    return struct.pack(f">4s4xI{len(values)}H", b"curv", len(values), *values)


def profile(to_xyz: np.ndarray, curve: bytes, extra: dict[bytes, bytes] | None = None) -> bytes:
    tags = dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    for name, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), to_xyz.T, strict=True):
        tags[name] = struct.pack(">4s4x3i", b"XYZ ", *(round(n * 65536) for n in column))
    tags[b"wtpt"] = struct.pack(">4s4x3i", b"XYZ ", 63190, 65536, 54061)
    tags[b"desc"] = struct.pack(">4s4xII2s2sII", b"mluc", 1, 12, b"en", b"US", 2, 28) + b"\0P"
    tags[b"cprt"] = tags[b"desc"]
    tags.update(extra or {})
    head, body = b"", b""
    start = 132 + 12 * len(tags)
    for name, value in tags.items():
        head += struct.pack(">4sII", name, start + len(body), len(value))
        body += value + b"\0" * (-len(value) % 4)
    header = struct.pack(
        ">I4sI4s4s4s12s4s4s28x3i", start + len(body), b"none", 0x04000000, b"mntr", b"RGB ", b"XYZ ",
        bytes(12), b"acsp", b"APPL", 63190, 65536, 54061,
    )  # fmt: skip
    return header.ljust(128, b"\0") + struct.pack(">I", len(tags)) + head + body
