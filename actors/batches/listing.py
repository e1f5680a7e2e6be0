"""The prefixes of a batch, and how far each has been listed; a part of the batch's state."""

from dataclasses import astuple, dataclass

from actors.batches.events import Listed, Prefixes, PrefixStates
from actors.messages.records import Json


@dataclass(slots=True)
class Prefix:
    """An address below which all objects are photos of a batch."""

    source: str
    params: Json | None
    after: str | None = None  # the last key that was looked at
    photos: int = 0  # found so far
    over: bool = False
    error: Json | None = None  # code, message, retryable: why the listing is incomplete


class Listing:
    """The prefixes of a batch, listed one after the other."""

    def __init__(self) -> None:
        self.prefixes: list[Prefix] = []
        self.truncated = False  # it stopped at the largest number of photos

    @property
    def current(self) -> int | None:
        """Index of the prefix that is being listed; None when all are listed."""
        return next((number for number, prefix in enumerate(self.prefixes) if not prefix.over), None)

    @property
    def incomplete(self) -> bool:
        """Whether a retry could find more photos."""
        return any(prefix.error or not prefix.over for prefix in self.prefixes)

    @classmethod
    def of(cls, rows: PrefixStates, *, truncated: bool) -> "Listing":
        """Return the listing that `rows` describe."""
        listing = cls()
        listing.prefixes, listing.truncated = [Prefix(*row) for row in rows], truncated
        return listing

    def rows(self) -> PrefixStates:
        """Return all that is known of the prefixes."""
        return [astuple(prefix) for prefix in self.prefixes]

    def add(self, event: Prefixes) -> None:
        """Take in the prefixes of a new batch."""
        self.prefixes += [Prefix(source, params) for source, params in event.rows]

    def advance(self, event: Listed) -> None:
        """Take in a page of one prefix, or its end."""
        prefix = self.prefixes[event.prefix]
        prefix.after = event.after
        prefix.photos += len(event.rows)
        prefix.over, prefix.error = event.over, event.error
        if event.truncated:
            self.truncated = True
            for each in self.prefixes:
                each.over = True

    def reopen(self) -> None:
        """Continue with prefixes that could not be listed to their end."""
        for prefix in self.prefixes:
            if prefix.error:
                prefix.over, prefix.error = False, None

    def errors(self) -> list[Json]:
        """Return the errors of prefixes that could not be listed to their end."""
        return [{"source": prefix.source, **prefix.error} for prefix in self.prefixes if prefix.error]

    def masks(self, usual: str | None) -> set[str]:
        """Return the masks of photos that these prefixes have or will have."""
        named = {(prefix.params or {}).get("mask", usual) for prefix in self.prefixes}
        return {mask for mask in named if mask}
