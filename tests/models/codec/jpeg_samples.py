"""JPEGs that no encoder at hand writes."""

import struct

import numpy as np
from PIL import Image

from tests.models.codec.codec_samples import saved

_DC = ["00", "010", "011", "100", "101", "110", "1110", "11110"]  # codes of libjpeg's tables, by bits of a difference
_DC_CHROMA = "00"
_END, _END_CHROMA = "1010", "00"  # of a block
_STEP = 16  # of the quantisation: two levels a step


def of_sampling(levels: np.ndarray, luma: tuple[int, int], chroma: tuple[int, int] = (1, 1)) -> bytes:
    """Write grey levels, one a block of 8 × 8, in colour with these sampling factors; levels are even numbers.

    The blocks of `levels` (rows, columns) must fill whole MCUs.
    """
    rows, columns = levels.shape
    across, down = luma
    data = saved(Image.new("RGB", (8, 8)), "JPEG", qtables=[[_STEP] * 64, [_STEP] * 64])
    frame = data.index(b"\xff\xc0")
    size = struct.pack(">HH", rows * 8, columns * 8)
    factors = [b"\1" + bytes([luma[0] << 4 | luma[1], 0]), *(bytes([n, chroma[0] << 4 | chroma[1], 1]) for n in (2, 3))]
    head = data[: frame + 5] + size + b"\3" + b"".join(factors) + data[frame + 19 :]
    scan = head.index(b"\xff\xda") + 14
    bits, before = [], 0
    for row in range(0, rows, down):
        for column in range(0, columns, across):
            for level in levels[row : row + down, column : column + across].ravel():
                now = (int(level) - 128) * 8 // _STEP
                difference, before = now - before, now
                length = abs(difference).bit_length()
                coded = difference if difference > 0 else difference + 2**length - 1
                bits += [_DC[length], format(coded, f"0{length}b") if length else "", _END]
            bits += [_DC_CHROMA, _END_CHROMA] * (2 * chroma[0] * chroma[1])
    joined = "".join(bits)
    joined += "1" * (-len(joined) % 8)
    packed = int(joined, 2).to_bytes(len(joined) // 8, "big").replace(b"\xff", b"\xff\0")
    return head[:scan] + packed + b"\xff\xd9"
