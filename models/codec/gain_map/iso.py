"""The numbers of a gain map as ISO 21496-1 writes them (annex C)."""

import struct
from collections.abc import Iterator
from dataclasses import astuple
from fractions import Fraction

from models.gain_map import Channel, Scale

SEGMENT = b"urn:iso:std:iso:ts:21496:-1\0"
VERSION = SEGMENT + bytes(4)  # all that stands in the base picture: minimum version and writer's version, 0

_SEVERAL, _IN_BASE_COLOURS = 0x80, 0x40  # flags: three channels; see `Scale`
_COMMON, _BACKWARD = 0x08, 0x04  # one denominator for all; the base picture is the HDR one
_DENOMINATOR = 1 << 20
_NUMERATORS = "iiIii"  # forms of those of a Channel's fields, in their order


class UnknownError(ValueError):
    """The numbers are damaged, or are of a kind that we don't know."""


def read(block: bytes) -> Scale:
    """Return what a block says, without its segment's prefix. Raises UnknownError."""
    try:
        minimum_version, _, flags = struct.unpack_from(">HHB", block)
        if minimum_version or flags & _BACKWARD:
            raise UnknownError
        numbers = _common(block) if flags & _COMMON else _fractions(block)
        base, alternate = next(numbers), next(numbers)
        channels = tuple(Channel(*(next(numbers) for _ in _NUMERATORS)) for _ in range(3 if flags & _SEVERAL else 1))
    except (struct.error, ZeroDivisionError, StopIteration, RuntimeError) as damage:
        raise UnknownError from damage
    scale = Scale(channels, base, alternate, bool(flags & _IN_BASE_COLOURS))
    if not scale.sound:
        raise UnknownError
    return scale


def written(scale: Scale) -> bytes:
    """Return the block, with its segment's prefix."""
    flags = _SEVERAL * (len(scale.channels) == 3) | _IN_BASE_COLOURS * scale.in_base_colours
    parts = [SEGMENT, struct.pack(">HHB", 0, 0, flags)]
    for headroom in (scale.capacity_min, scale.capacity_max):
        parts.append(struct.pack(">II", *_fraction(headroom)))
    for channel in scale.channels:
        for value, form in zip(astuple(channel), _NUMERATORS, strict=True):
            parts.append(struct.pack(f">{form}I", *_fraction(value)))
    return b"".join(parts)


def _fraction(value: float) -> tuple[int, int]:
    return Fraction(value).limit_denominator(_DENOMINATOR).as_integer_ratio()


def _forms() -> Iterator[str]:
    """Yield the forms of the numerators in their order."""
    yield from "II"
    while True:
        yield from _NUMERATORS


def _fractions(block: bytes) -> Iterator[float]:
    at = 5
    for form in _forms():
        above, below = struct.unpack_from(f">{form}I", block, at)
        yield above / below
        at += 8


def _common(block: bytes) -> Iterator[float]:
    (below,) = struct.unpack_from(">I", block, 5)
    at = 9
    for form in _forms():
        (above,) = struct.unpack_from(f">{form}", block, at)
        yield above / below
        at += 4
