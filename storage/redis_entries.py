"""How the entries of a journal are kept in Redis, and which of them count."""

from collections.abc import Iterable, Iterator

from storage.grouped import Change, Snapshot
from storage.journal import Entry


class Told:
    """Which commits were acknowledged, or still may be.

    A Redis that dies while it appends a commit to its log leaves an open MULTI there. After the first restart it has
    dropped that commit, correctly. After the second restart it executes the beginning of the dropped commit together
    with whatever followed the MULTI (Redis 7.0 cuts the file after the last whole command, not before the MULTI). So
    entries may be there twice, or belong to a commit that was given up when the next epoch was taken.
    """

    def __init__(self, owner: dict[bytes, bytes]) -> None:
        self._last = {int(name[5:]): int(last) for name, last in owner.items() if name.startswith(b"last:")}

    def includes(self, tag: tuple[int, int]) -> bool:
        """Say whether this commit of an epoch counts."""
        epoch, commit = tag
        return commit <= self._last.get(epoch, commit)

    def only(self, batch_id: str, lines: Iterable[bytes], newest: int) -> Iterator[Entry]:
        """Yield the entries that count and are above a version, each once."""
        for each in lines:
            entry, tag = unpacked(batch_id, each)
            if entry.version > newest and self.includes(tag):
                newest = entry.version
                yield entry


def steps_of(changes: Iterable[Change]) -> Iterator[tuple[str, str, Entry | None]]:
    """Yield the steps of a commit: what to do, with which batch, and the entry."""
    for change in changes:
        match change:
            case str(batch_id):
                yield "drop", batch_id, None
            case Snapshot(entry):
                yield "keep", entry.batch_id, entry
            case entries:
                yield from (("add", entry.batch_id, entry) for entry in entries)


def packed(entry: Entry, epoch: int, commit: int) -> bytes:
    """Return an entry as it is kept, with the commit to which it belongs."""
    return b"%d %d %d\n%b" % (entry.version, epoch, commit, entry.body)


def unpacked(batch_id: str, line: bytes) -> tuple[Entry, tuple[int, int]]:
    """Return an entry, and the epoch and number of its commit."""
    head, _, body = line.partition(b"\n")
    version, epoch, commit = map(int, (head + b" 0 0").split(b" ")[:3])  # the first format had no tag
    return Entry(batch_id, version, body), (epoch, commit)
