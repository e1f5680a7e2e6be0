"""A number for every position of a picture: the source of dither and grain."""

import numpy as np
import numpy.typing as npt
import torch

Words = npt.NDArray[np.uint32]

_SECOND = np.uint32(0x5BD1E995)  # sets the second hash of a row apart from the first


def position_hash(  # noqa: PLR0917 - an area, a seed and a device have this order everywhere
    y0: int, h: int, x0: int, w: int, seed: int, device: torch.device | str
) -> torch.Tensor:
    """Uniform noise that belongs to positions, not to the order in which they are visited.

    Returns float32 (h, w) in [0, 1), multiples of 2⁻¹⁶, for rows y0..y0+h and columns x0..x0+w, none
    negative. The same bits for any cut into strips and on any device. Multiples of 2⁻¹⁶ because an integer up
    to 255 plus one of them is exact in float32: `floor(v + hash)` rounds v at random without bias and leaves
    integers alone.
    """
    # Rows and columns are mixed well on their own, in numpy, where a call on a short vector costs least. Then
    # each row has its own member of a universal family (Dietzfelbinger et al., "A Reliable Randomized
    # Algorithm for the Closest-Pair Problem", 1997: multiply-shift): exclusive or, an odd factor, the upper
    # bits.
    folded = np.uint32((seed ^ (seed >> 32) ^ (seed >> 64)) & 0xFFFFFFFF)
    rows = np.arange(y0, y0 + h, dtype=np.uint32) ^ _mixed(np.asarray([folded]))
    flips, factors = _mixed(rows), _mixed(rows ^ _SECOND) | np.uint32(1)
    columns = _mixed(np.arange(x0, x0 + w, dtype=np.uint32))
    places = _tensor(flips, device)[:, None] ^ _tensor(columns, device)
    # int32 multiplies modulo 2³² on every device. The upper 16 bits, as signed numbers, are -½ to ½.
    places.mul_(_tensor(factors, device)[:, None]).bitwise_and_(-65536)
    return places.to(torch.float32).mul_(2.0**-32).add_(0.5)


def _mixed(numbers: Words) -> Words:
    """uint32 that look unrelated to each other: lowbias32 of Wellons' hash-prospector."""
    numbers = (numbers ^ (numbers >> np.uint32(16))) * np.uint32(0x7FEB352D)
    numbers = (numbers ^ (numbers >> np.uint32(15))) * np.uint32(0x846CA68B)
    return numbers ^ (numbers >> np.uint32(16))


def _tensor(words: Words, device: torch.device | str) -> torch.Tensor:
    """The same bits as int32."""
    return torch.from_numpy(words.view(np.int32)).to(device)
