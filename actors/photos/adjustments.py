"""Photos that were computed again with other parameters of their own."""

from collections import Counter, deque
from dataclasses import dataclass

from actors.messages.records import Json

KEPT = 20  # earlier results of a photo that are told of


@dataclass(frozen=True, slots=True)
class Before:
    """What a photo had before it was adjusted. It stays until the new result is there, and is back if none comes."""

    params: Json | None
    attempt: int  # that made the result
    outcome: bytes


class Adjustments:
    """The adjusted photos of a batch: what is under way, and what was replaced. A part of the batch's state."""

    def __init__(self) -> None:
        self._before: dict[int, Before] = {}  # of photos that are being computed again
        self._replaced: dict[int, deque[Json]] = {}  # the latest earlier results, oldest first: `params` and `sha256`
        self._revisions: Counter[int] = Counter()  # how often a result was replaced
        self._errors: dict[int, Json] = {}  # why the last adjustment of a photo came to nothing

    def begin(self, index: int, before: Before | None) -> None:
        """Note that a photo is computed again; None: it had no result."""
        self._errors.pop(index, None)
        if before:
            self._before[index] = before

    def under_way(self, index: int) -> Before | None:
        """Return what a photo had before it was adjusted, while that still counts."""
        return self._before.get(index)

    def done(self, index: int, sha256: str) -> Before | None:
        """Note a new result; return what it replaces. `sha256` is the hash of the result before."""
        before = self._before.pop(index, None)
        if before:
            known = self._replaced.setdefault(index, deque(maxlen=KEPT))
            known.append({"params": before.params, "sha256": sha256})
            self._revisions[index] += 1
        return before

    def undone(self, index: int, error: Json | None) -> Before | None:
        """Note that no new result comes, and why; return what counts again."""
        before = self._before.pop(index, None)
        if before and error:
            self._errors[index] = error
        return before

    def replaced(self, index: int) -> list[Json]:
        """Return what is known of a photo's latest earlier results, oldest first."""
        return list(self._replaced.get(index, ()))

    def revision(self, index: int) -> int:
        """Return how often a photo's result was replaced."""
        return self._revisions[index]

    def error(self, index: int) -> Json | None:
        """Return why the last adjustment of a photo came to nothing; None if it did not."""
        return self._errors.get(index)
