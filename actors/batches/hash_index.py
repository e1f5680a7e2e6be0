"""An index from hashes to what has them, small enough for a hundred million."""

import base64
import hashlib
from collections.abc import Hashable, Iterable, Iterator
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

LARGEST = 1 << 21  # pairs of a run that is merged no further: that takes 0.2 s

U64 = NDArray[np.uint64]
Owner = TypeVar("Owner", bound=Hashable)


def key_of(text: str) -> int:
    """Return 64 bits that stand for a text: of a billion texts, two share them with a chance of 3 %."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def keys_of(texts: Iterable[str]) -> U64:
    """Return the keys of texts, in no order."""
    return np.fromiter(map(key_of, texts), np.uint64)


def packed(keys: U64) -> str:
    """Return keys as text, 11 characters each."""
    return base64.b64encode(keys.astype("<u8").tobytes()).decode()


def unpacked(text: str) -> U64:
    """Return the keys of `packed`."""
    return np.frombuffer(base64.b64decode(text), "<u8").astype(np.uint64)


class HashIndex(Generic[Owner]):
    """Which owners have a key, and at which place; 16 bytes for each pair, where a dict takes 150.

    Keys of an owner that are added at once are a sorted run. Runs of similar size are merged, as in a log-structured
    merge-tree. So there are few runs, and each key is sorted a few times.
    """

    def __init__(self) -> None:
        self._runs: list[tuple[U64, U64]] = []  # oldest first: keys in order, and for each the owner's number and place
        self._owners: dict[int, tuple[Owner, int]] = {}  # by number: the owner, and how many keys it has
        self._numbers: dict[Owner, int] = {}
        self._next = 0
        self._live = 0  # pairs whose owner is there

    def __contains__(self, owner: object) -> bool:
        return owner in self._numbers

    def __len__(self) -> int:
        return self._live

    def add(self, owner: Owner, keys: U64, places: U64 | None = None) -> None:
        """Index more keys of an owner; `places` are below 2**32."""
        number = self._numbers.get(owner, self._next)
        self._next = max(self._next, number + 1)
        before = self._owners[number][1] if number in self._owners else 0
        self._owners[number], self._numbers[owner] = (owner, before + len(keys)), number
        if not len(keys):
            return
        self._live += len(keys)
        values = np.full(len(keys), number << 32, np.uint64)
        self._runs.append(_sorted(keys, values if places is None else values | places))
        while len(self._runs) > 1 and self._alike(*self._runs[-2:]):
            older, newer = self._runs[-2:]
            both = [np.concatenate(parts) for parts in zip(older, newer, strict=True)]
            self._runs[-2:] = [_sorted(*self._kept(*both))]

    def drop(self, owner: Owner) -> None:
        """Forget the keys of an owner, if it is there."""
        number = self._numbers.pop(owner, None)
        if number is None:
            return
        self._live -= self._owners.pop(number)[1]
        if 2 * self._live < sum(len(keys) for keys, _ in self._runs):
            kept = (self._kept(*run) for run in self._runs)
            self._runs = [run for run in kept if len(run[0])]

    def find(self, key: int) -> Iterator[tuple[Owner, int]]:
        """Yield the owners of a key, with the place, the one that was added last first."""
        for keys, values in reversed(self._runs):
            first, last = (int(np.searchsorted(keys, np.uint64(key), side)) for side in ("left", "right"))
            for value in values[first:last][::-1].tolist():
                if known := self._owners.get(value >> 32):
                    yield known[0], value & 0xFFFFFFFF

    def _alike(self, older: tuple[U64, U64], newer: tuple[U64, U64]) -> bool:
        return len(older[0]) < 2 * len(newer[0]) and len(older[0]) + len(newer[0]) <= LARGEST

    def _kept(self, keys: U64, values: U64) -> tuple[U64, U64]:
        """Return the pairs whose owner is there."""
        there = np.zeros(self._next, bool)
        there[list(self._owners)] = True
        mask = there[values >> np.uint64(32)]
        return keys[mask], values[mask]


def _sorted(keys: U64, values: U64) -> tuple[U64, U64]:
    order = np.argsort(keys, kind="stable")  # those of one key stay in the order in which they were added
    return keys[order], values[order]
