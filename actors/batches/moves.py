"""How the photos of a batch move from state to state, and what they leave behind."""

from collections import Counter
from heapq import heappush

from actors.batches import events
from actors.messages.records import Json
from actors.photos.columns import Columns
from actors.photos.report import Report
from actors.photos.states import PhotoState

Q, P, S, F, C = PhotoState


class Moves(Columns):
    """The photos of a batch, their number in each state, and attempts whose blobs are to be swept.

    The last two stay in memory while the photos are away.
    """

    __slots__ = ("counts", "strays")

    def __init__(self) -> None:
        super().__init__()
        self.counts: Counter[PhotoState] = Counter()
        self.strays: dict[tuple[int, int], float] = {}  # when to sweep what (index, attempt) may leave

    def _add(self, version: int, rows: events.PhotoRows) -> None:
        self.append(rows, version)
        self.counts[Q] += len(rows)

    def _match(self, version: int, event: events.Matched) -> None:
        for index, shift in reversed(event.rows):
            if index in self.matching.waiting:
                self.matching.shifts[index] = shift
                self._queue(index, version)

    def _begin_anew(self, index: int, version: int) -> None:
        self.tries[index] = self.strikes[index] = 0
        self.outcome[index] = None
        self.told[index] = 0
        self._queue(index, version)

    def _leave_in_flight(self, at: float, late: float | None) -> None:
        """Leases are taken from living workers: each cleans up after itself, unless it dies before it has."""
        for index in self.holder:
            self._stray(index, self.attempt[index], at, late)

    def _stray(self, index: int, attempt: int, at: float, late: float | None) -> None:
        """Note an attempt whose worker may store something yet, or has: `late` seconds from then it is swept."""
        if late is not None:
            self.strays[index, attempt] = at + late

    def _succeed(self, report: Report, version: int, at: float) -> None:
        before = self.adjustments.under_way(report.index)
        if before:
            sha256 = Report.read(before.outcome).row["result"]["sha256"]
            self.adjustments.done(report.index, sha256)
            self._stray(report.index, before.attempt, at, 0.0)
        self._tell(report)
        self._move(report.index, S, version)

    def _fail(self, report: Report, version: int) -> None:
        self._tell(report)
        self._give_up(report.index, version, F, report.error)

    def _give_up(self, index: int, version: int, state: PhotoState, error: Json | None = None) -> None:
        """End a photo without a result; where it was adjusted, its earlier result counts again."""
        before = self.adjustments.undone(index, error)
        if before:
            self.photos.override(index, before.params)
            self.outcome[index], self.told[index] = before.outcome, before.attempt
        self._move(index, S if before else state, version)

    def _move(self, index: int, state: PhotoState, version: int) -> None:
        before = PhotoState(self.photo_state[index])
        self.counts[before] -= 1
        self.counts[state] += 1
        self.photo_state[index] = state
        self.changed[index] = version
        self.holder.pop(index, None)
        self.alone.discard(index)
        self.ready.pop(index, None)
        self.suspects.pop(index, None)
        self.matching.waiting.discard(index)

    def _queue(self, index: int, version: int, *, suspect: bool = False, not_before: float = 0.0) -> None:
        """Let a photo wait for its turn. Of photos that are queued together the last becomes the first."""
        self._move(index, Q, version)
        if self.matching.lacks_shift(index):
            self.matching.waiting.add(index)
        elif suspect or self.strikes[index]:
            self.suspects[index] = None
        elif not_before:
            heappush(self._later, (not_before, index))
        else:
            self.ready[index] = None
            self.ready.move_to_end(index, last=False)  # it had its turn already: it goes first
