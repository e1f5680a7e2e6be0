"""What the journal of `photobatch submit --watch-folder` says: which photos were taken, and which a batch has."""

import time
import uuid
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from photobatch.watching.record import Record
from photobatch.watching.stamp import Stamp

_KEPT_S = 1800.0  # the service keeps uploads that no batch names for an hour or more


@dataclass(slots=True)
class Group:
    """Photos that are appended to a batch together; `sources` of those that the service took, when it has them."""

    photos: list[tuple[Path, Stamp]]
    sources: list[str] | None = None
    sent_at: float = 0.0  # seconds of the epoch

    @property
    def is_sent(self) -> bool:
        """Whether the service has the photos; uploads that waited for long are sent again."""
        return self.sources is not None and time.time() - self.sent_at < _KEPT_S


@dataclass(slots=True)
class Ledger:
    """The state of one watched folder. Each method records what happened; durable on return, or RefusalError."""

    record: Record
    groups: deque[Group] = field(default_factory=deque)  # that are not in a batch, in their order
    key: str | None = None  # makes a repeated submit give the same batch
    task_id: str | None = None  # of the open batch
    total: int = 0  # photos of the batch: where the next group begins
    _known: dict[Path, Stamp] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for line in self.record.lines():
            self._apply(line)

    def knows(self, photo: Path, stamp: Stamp) -> bool:
        """Whether a photo was taken as it is now."""
        return self._known.get(photo) == stamp

    def take(self, photos: list[tuple[Path, Stamp]]) -> None:
        """These photos are the next group."""
        self._add(photos=[(str(path), stamp) for path, stamp in photos])

    def sent(self, sources: list[str]) -> None:
        """The first group is uploaded."""
        self._add(sources=sources, sent_at=time.time())

    def opening(self) -> str:
        """A batch is opened under the key that is returned; the same one until that is known to have worked."""
        key = self.key or str(uuid.uuid4())
        if self.key is None:
            self._add(key=key)
        return key

    def opened(self, task_id: str) -> None:
        """The batch is there."""
        self._add(task=task_id)

    def appended(self) -> None:
        """The batch has the first group."""
        self._add(appended=True)

    def gone(self) -> None:
        """The batch is deleted. The uploads of the first group may be so too."""
        self._add(gone=True)

    def closed(self, had: int = 0) -> None:
        """The batch takes no more photos; it has so many of the first group. The others go to the next batch."""
        self._add(closed=True, had=had)

    def _add(self, **line: Any) -> None:
        self.record.add(**line)
        self._apply(line)

    def _apply(self, line: dict[str, Any]) -> None:
        match line:
            case {"photos": photos}:
                taken = [(Path(path), (size, changed)) for path, (size, changed) in photos]
                self.groups.append(Group(taken))
                self._known.update(taken)
            case {"sources": sources, "sent_at": sent_at}:
                self.groups[0].sources, self.groups[0].sent_at = sources, sent_at
            case {"key": key}:
                self.key = key
            case {"task": task_id}:
                self.task_id = task_id
            case {"appended": _}:
                self.total += len(self.groups.popleft().sources or ())
            case {"gone": _}:
                self.groups[0].sources = None
                self._forget_batch()
            case {"closed": _, "had": had}:
                if had:
                    self.groups[0].sources = (self.groups[0].sources or [])[had:]
                self._forget_batch()

    def _forget_batch(self) -> None:
        self.key = self.task_id = None
        self.total = 0
