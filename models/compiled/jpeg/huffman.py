"""Huffman tables of JPEG (ITU-T T.81, annex C), for decoding and encoding."""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt

LONGEST = 16  # bits of a code

_DC_SYMBOLS = tuple(range(12))
_AC_SYMBOLS = (0x00, 0xF0, *(run << 4 | size for run in range(16) for size in range(1, 11)))


@dataclass(frozen=True)
class Huffman:
    """One table, as a DHT segment has it."""

    counts: tuple[int, ...]  # 16: codes of each length
    symbols: bytes  # in the order of their codes

    @staticmethod
    def of(lengths: dict[int, int]) -> "Huffman":
        """Build a table from the lengths of the codes of symbols."""
        symbols = sorted(lengths, key=lambda symbol: (lengths[symbol], symbol))
        counts = Counter(lengths.values())
        return Huffman(tuple(counts[length] for length in range(1, LONGEST + 1)), bytes(symbols))

    @property
    def sound(self) -> bool:
        """Whether its codes exist: there is room for each, and no symbol has two."""
        room = sum(count << (LONGEST - length) for length, count in enumerate(self.counts, 1))
        distinct = len(set(self.symbols)) == len(self.symbols)
        return distinct and sum(self.counts) == len(self.symbols) > 0 and room <= 1 << LONGEST

    @cached_property
    def lengths(self) -> npt.NDArray[np.uint8]:
        """The length of each symbol's code, (256); 0: it has none."""
        lengths = np.zeros(256, np.uint8)
        lengths[self._symbols] = self._ordered
        return lengths

    @cached_property
    def codes(self) -> npt.NDArray[np.uint16]:
        """The code of each symbol, (256), in the lowest bits."""
        starts = np.cumsum(1 << (LONGEST - self._ordered)) - (1 << (LONGEST - self._ordered))
        codes = np.zeros(256, np.uint16)
        codes[self._symbols] = starts >> (LONGEST - self._ordered)
        return codes

    def decoding(self, kind: str) -> npt.NDArray[np.uint16]:
        """Return the code that 16 bits begin with, (65536): its length << 8 | its symbol; 0: none.

        A symbol that no 8-bit file has counts as none; `kind` is "dc" or "ac".
        """
        known = self._ordered << 8 | self._symbols
        known[~np.isin(self._symbols, _SYMBOLS[kind])] = 0
        table = np.zeros(1 << LONGEST, np.uint16)
        filled = np.repeat(known, 1 << (LONGEST - self._ordered))
        table[: len(filled)] = filled
        return table

    @property
    def _symbols(self) -> npt.NDArray[np.int64]:
        return np.frombuffer(self.symbols, np.uint8).astype(np.int64)

    @property
    def _ordered(self) -> npt.NDArray[np.int64]:
        return np.repeat(np.arange(1, LONGEST + 1), self.counts)


@lru_cache(maxsize=64)
def completed(table: Huffman, kind: str) -> Huffman:
    """Return a table with a code for every symbol of its kind, as short as possible for what `table` was made for."""
    weights = dict.fromkeys(_SYMBOLS[kind], 1)
    weights |= {symbol: 1 << (LONGEST - int(table.lengths[symbol])) for symbol in table.symbols if symbol in weights}
    return Huffman.of(_lengths(weights))


def _lengths(weights: dict[int, int]) -> dict[int, int]:
    """Return the best lengths of codes: Larmore and Hirschberg, "A fast algorithm for optimal length-limited Huffman
    codes", 1990 (package-merge).

    The code of ones alone is left to nobody, as C.2 demands.
    """
    nobody = -1
    leaves = sorted((weight, (symbol,)) for symbol, weight in [*weights.items(), (nobody, 0)])
    packages: list[tuple[int, tuple[int, ...]]] = []
    for _ in range(LONGEST):
        pairs = zip(packages[::2], packages[1::2], strict=False)
        packages = sorted([*leaves, *((one[0] + two[0], one[1] + two[1]) for one, two in pairs)])
    lengths = Counter(symbol for _, symbols in packages[: 2 * len(leaves) - 2] for symbol in symbols)
    del lengths[nobody]
    return dict(lengths)


_SYMBOLS = {"dc": _DC_SYMBOLS, "ac": _AC_SYMBOLS}
EVEN = {kind: Huffman.of(_lengths(dict.fromkeys(symbols, 1))) for kind, symbols in _SYMBOLS.items()}  # for any picture
