"""The memory budget for bodies that are read as a whole, for all requests together."""

from collections import Counter
from types import TracebackType
from typing import Self

from starlette.types import Scope

from actors.messages.errors import BatchError

BYTES = 128 << 20  # for all bodies; the largest body of one request is a LUT of 64 MB
FREE = 64 << 10  # uncounted bytes of each body, so that small requests pass while large ones wait
RETRY_S = 5.0
_SHARE = "photobatch.memory"  # key of the share in a request's scope


class BodyBudget:
    """Counts the bytes in memory. With API keys one user may hold at most half of them."""

    def __init__(self, limit: int = BYTES) -> None:
        self.limit = limit
        self.held = 0
        self._of: Counter[str] = Counter()

    def share(self, owner: str | None) -> "Share":
        """Return the share of one request; its bytes are released at the end of the block."""
        return Share(self, owner)

    def take(self, size: int, owner: str | None) -> None:
        """Add bytes; raises BatchError `busy`."""
        self.check(size, owner)
        self.held += size
        if owner is not None:
            self._of[owner] += size

    def check(self, size: int, owner: str | None) -> None:
        """Raise BatchError `busy` if this many more bytes would be too many."""
        if owner is not None and self._of[owner] + size > self.limit // 2:
            detail = "You are sending too many large requests at once; send this one again when others are done."
            raise BatchError("busy", detail, RETRY_S)
        if self.held + size > self.limit:
            detail = "Too many large requests are arriving at once; try again in a few seconds."
            raise BatchError("busy", detail, RETRY_S)

    def give_back(self, size: int, owner: str | None) -> None:
        """Subtract bytes."""
        self.held -= size
        if owner is not None:
            self._of[owner] -= size
            if not self._of[owner]:
                del self._of[owner]


class Share:
    """The bytes of one request."""

    def __init__(self, budget: BodyBudget, owner: str | None) -> None:
        self.in_pieces = False  # whether what reads the body counts and limits it, piece by piece
        self._budget = budget
        self._owner = owner
        self._free = FREE
        self._held = 0

    def expect(self, size: int) -> None:
        """Raise BatchError `busy` if a body of this size has no room now; reserves nothing."""
        self._budget.check(max(0, size - self._free), self._owner)

    def hold(self, size: int) -> None:
        """Count bytes of a body that is kept in memory; raises BatchError `busy`."""
        free = min(self._free, size)
        self._free -= free
        if size > free:
            self._budget.take(size - free, self._owner)
            self._held += size - free

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._budget.give_back(self._held, self._owner)
        self._held = 0


def put(scope: Scope, share: Share) -> None:
    """Note a request's share in its scope."""
    scope[_SHARE] = share


def of(scope: Scope) -> Share:
    """Return a request's share."""
    share: Share = scope[_SHARE]
    return share
