"""TIFFs of kinds that Pillow doesn't write."""

import struct
from itertools import pairwise

import numpy as np

from tests.models.codec.deep_samples import tiff_of

WIDTH, HEIGHT = 64, 48


def odd_tiff(
    bits: int | list[int],
    channels: int,
    photometric: int,
    *,
    order: str = "<",
    large: bool = False,
    body: bytes | None = None,
    **more: list[int],
) -> bytes:
    """Write noise, or a body, with these numbers; `more` are tags as `t339=[3]`."""
    depths = [bits] * channels if isinstance(bits, int) else bits
    if body is None:
        body = np.random.default_rng(1).bytes((sum(depths) * WIDTH + 7) // 8 * HEIGHT)
    tags: dict[int, object] = {256: [WIDTH], 257: [HEIGHT], 258: depths, 259: [1], 262: [photometric], 277: [channels]}
    if "t324" not in more:
        tags |= {273: [16 if large else 8], 278: [HEIGHT], 279: [len(body)]}
    return tiff_of(tags | {int(name[1:]): value for name, value in more.items()}, body, order, large)


def pages(files: list[bytes], kinds: list[int]) -> bytes:
    """Join little-endian TIFFs of one page to one of several, each with its NewSubfileType."""
    data, tables = bytearray(b"II*\0\0\0\0\0"), []
    for file, kind in zip(files, kinds, strict=True):
        start = len(data)
        table = int.from_bytes(file[4:8], "little")
        count = int.from_bytes(file[table : table + 2], "little")
        data += file + bytes(len(file) % 2)
        entries = {254: struct.pack("<HHII", 254, 4, 1, kind)}
        for at in range(table + 2, table + 2 + 12 * count, 12):
            tag, code, number, value = struct.unpack("<HHII", file[at : at + 12])
            size = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1}[code] * number
            moved = size > 4 or (tag in (273, 324) and number == 1)
            if tag in (273, 324) and number > 1:
                for place in range(value, value + 4 * number, 4):
                    offset = int.from_bytes(file[place : place + 4], "little") + start
                    data[start + place : start + place + 4] = offset.to_bytes(4, "little")
            entries[tag] = struct.pack("<HHII", tag, code, number, value + start) if moved else file[at : at + 12]
        tables.append((len(data), entries))
        data += struct.pack("<H", len(entries)) + b"".join(entries[tag] for tag in sorted(entries)) + bytes(4)
    data[4:8] = tables[0][0].to_bytes(4, "little")
    for (at, entries), (following, _) in pairwise(tables):
        end = at + 2 + 12 * len(entries)
        data[end : end + 4] = following.to_bytes(4, "little")
    return bytes(data)
