"""LUTs as text: `.cube` (Adobe, "Cube LUT Specification 1.0", 2013)."""

import io
from array import array
from collections.abc import Iterator

import numpy as np

from models.colour.lut import Lut, Triple
from models.errors import LutError

LONGEST_LINE = 1000  # bytes; the specification has 250
_MOST_LINES = 129**3 + 100_000  # the largest LUT, and a lot of comments
_LARGEST = 65504.0  # sum of a row's numbers: the largest half float, far above any LUT
_SIZES = {b"LUT_1D_SIZE": (2, 65536), b"LUT_3D_SIZE": (2, 129)}
_RANGES = (b"LUT_1D_INPUT_RANGE", b"LUT_3D_INPUT_RANGE")  # Resolve's: both ends of the domain, all channels alike


def read_cube(data: bytes) -> Lut:
    """The LUT of a `.cube` file, 1D or 3D; a file with both is refused.

    Raises LutError that names the line.
    """
    reader, number = _Reader(), 0
    for number, words in _lines(data):
        try:
            reader.take(words)
        except ValueError as error:
            raise LutError("invalid_lut", f"Line {number} {error}.") from None
    try:
        return reader.lut()
    except ValueError as error:
        raise LutError("invalid_lut", f"The file ends after line {number} {error}.") from None


class _Reader:
    """The state of reading a file; it keeps no more numbers than the size announces.

    Its ValueErrors complete a sentence that begins with the line.
    """

    def __init__(self) -> None:
        self._kind = b""  # LUT_1D_SIZE or LUT_3D_SIZE
        self._size = 0
        self._promised = 0  # announced numbers
        self._numbers = array("f")
        self._low: Triple = (0.0, 0.0, 0.0)
        self._high: Triple = (1.0, 1.0, 1.0)
        self._title = ""

    def take(self, words: list[bytes]) -> None:
        """Read the words of one line."""
        word, rest = words[0], words[1:]
        if word[0] in b"+-.0123456789" or word.lower() in (b"nan", b"inf", b"infinity"):
            self._row(words)
        elif word in _SIZES:
            self._sized(word, rest)
        elif word == b"DOMAIN_MIN":
            self._low = _three(rest)
        elif word == b"DOMAIN_MAX":
            self._high = _three(rest)
        elif word in _RANGES:
            low, high = _numbers(rest, 2)
            self._low, self._high = (low, low, low), (high, high, high)
        elif word == b"TITLE":
            self._title = b" ".join(rest).strip(b'"').decode("utf-8", "replace")
        else:
            said = word[:40].decode("ascii", "replace")
            raise ValueError(f"begins with {said!r}, which is unknown; remove the line, or export the LUT as .cube")

    def lut(self) -> Lut:
        """Return the LUT."""
        if not self._kind:
            raise ValueError("and gives no LUT_1D_SIZE and no LUT_3D_SIZE; give a .cube file")
        if len(self._numbers) < self._promised:
            rows = f"{len(self._numbers) // 3} rows of numbers instead of {self._promised // 3}"
            raise ValueError(f"with {rows} ({self._kind.decode()} {self._size}); export the LUT again")
        if not all(high - low > 1e-6 for low, high in zip(self._low, self._high, strict=True)):
            raise ValueError("with a DOMAIN_MIN that is not below DOMAIN_MAX for each channel; correct these lines")
        shape = (self._size, 3) if self._kind == b"LUT_1D_SIZE" else (self._size, self._size, self._size, 3)
        return Lut(np.frombuffer(self._numbers, np.float32).reshape(shape), self._low, self._high, self._title)

    def _sized(self, kind: bytes, words: list[bytes]) -> None:
        if self._kind:
            raise ValueError("gives a second size; a file holds one LUT, 1D or 3D: export one of them alone")
        low, high = _SIZES[kind]
        size = int(words[0]) if len(words) == 1 and words[0].isdigit() and len(words[0]) < 10 else 0
        if not low <= size <= high:
            raise ValueError(f"must say {kind.decode()} and a whole number from {low} to {high}; export such a LUT")
        self._kind, self._size = kind, size
        self._promised = 3 * (size if kind == b"LUT_1D_SIZE" else size**3)

    def _row(self, words: list[bytes]) -> None:
        if len(self._numbers) == self._promised:
            if not self._kind:
                raise ValueError("has numbers before LUT_1D_SIZE or LUT_3D_SIZE; move that line to the top")
            said = f"{self._promised // 3} of {self._kind.decode()} {self._size}"
            raise ValueError(f"is one row of numbers more than the {said}; correct the size, or export the LUT again")
        self._numbers.extend(_numbers(words, 3))


def _three(words: list[bytes]) -> Triple:
    r, g, b = _numbers(words, 3)
    return r, g, b


def _numbers(words: list[bytes], count: int) -> list[float]:
    try:
        numbers = [*map(float, words)]
    except ValueError:
        numbers = []
    if len(numbers) != count or b"_" in b"".join(words):  # Python accepts 1_000 as a number
        raise ValueError(f"must hold {count} numbers such as 0.5; correct it, or export the LUT again")
    if not sum(map(abs, numbers)) <= _LARGEST:  # also false for NaN
        raise ValueError("has infinite or far too large numbers, or none at all; correct it, or export the LUT again")
    return numbers


def _lines(data: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """Yield line numbers, from 1, and words of all lines that are not empty or comments."""
    stream = io.BytesIO(data.removeprefix(b"\xef\xbb\xbf"))
    number = 0
    while line := stream.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE:
            raise LutError("invalid_lut", f"Line {number} is longer than {LONGEST_LINE} bytes; give a .cube file.")
        if number > _MOST_LINES:
            raise LutError("invalid_lut", f"The file has more than {_MOST_LINES} lines; remove its comments.")
        words = line.split()
        if words and words[0][0] != ord("#"):
            yield number, words
