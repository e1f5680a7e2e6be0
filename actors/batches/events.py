"""What can happen to a batch. The journal is a list of these events, and `Batch.apply` is what they make of a batch.

An event is recorded before anybody is told of it (`Ledger.record`). In the journal a field has its own name, or the
letter in its `Annotated`; `EventFormat` has the rest. Journals outlive versions, so what is here stays: a new field has
a default, a field that is not written any more keeps its default, and a new kind of event makes earlier versions stop.

Rows of several values are tuples here and lists once they have been read from a journal; both unpack alike.

`late`: the event takes leases away, and their workers may store something for so many seconds more. That is swept then.
None: nothing can be left behind.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Annotated, ClassVar, get_args

from actors.batches.event_format import EventFormat, Key
from actors.messages.records import BatchSpec, Json, PhotoSpec
from actors.photos.report import Report

BESIDE = frozenset({"traceparent", "name", "open", "consistency"})  # fields of a spec that `Created` has itself
Attempts = Sequence[tuple[int, int]]  # a photo's place in its batch, and the number of the attempt
PhotoRows = Sequence[tuple[str, str, Json | None]]  # source, name, and parameters of its own
PrefixRows = Sequence[tuple[str, Json | None]]  # source, and parameters of its photos
PrefixStates = Sequence[tuple[str, Json | None, str | None, int, bool, Json | None]]  # the fields of a `Prefix`


def _spec_record(spec: BatchSpec) -> Json:
    """Return what is kept of a spec under its key. Earlier versions refuse more fields: a new one stands beside it."""
    return {name: value for name, value in asdict(spec).items() if name not in BESIDE}


_SPEC = Key("spec", read=lambda said: BatchSpec(**said), write=_spec_record)
_REPORTS = Key(
    "p", read=lambda rows: [Report(row) for row in rows], write=lambda reports: [report.row for report in reports]
)


# --- what a batch consists of -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Created:
    """A batch was accepted. The first of its events; what fills it is durable together with this."""

    kind: ClassVar[str] = "created"
    spec: Annotated[BatchSpec, _SPEC]
    traceparent: str | None = None  # the spec's, as those below
    name: str | None = None
    open: bool | None = None
    consistency: float | None = None

    @classmethod
    def of(cls, spec: BatchSpec) -> "Created":
        """Return the event of a batch that is accepted now."""
        return cls(spec, spec.traceparent, spec.name, spec.open or None, spec.consistency)


@dataclass(frozen=True, slots=True)
class Prefixes:
    """Below these addresses more photos are to be found."""

    kind: ClassVar[str] = "prefixes"
    rows: Annotated[PrefixRows, "p"]


@dataclass(frozen=True, slots=True)
class Photos:
    """Photos that the client named, in their order, at most a thousand. Written when they are accepted."""

    kind: ClassVar[str] = "photos"
    rows: Annotated[PhotoRows, "p"]


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of a prefix was listed, or the prefix ended. One event, so that no photo is found twice."""

    kind: ClassVar[str] = "listed"
    prefix: Annotated[int, "i"]  # its place among the batch's prefixes
    rows: Annotated[PhotoRows, "p"]  # the photos on the page
    after: str | None  # the key behind which the next page begins
    over: bool  # nothing of this prefix is left to list
    truncated: bool  # there are more photos than a batch may hold
    error: Json | None  # code, message, retryable: why not all of it was listed


# --- work -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Leased:
    """A worker was given photos. Written at each exchange, before the worker hears of it."""

    kind: ClassVar[str] = "leased"
    worker: Annotated[str, "w"]
    attempts: Annotated[Attempts, "p"]
    alone: bool  # it is one suspect, computed while its worker holds nothing else


@dataclass(frozen=True, slots=True)
class Reported:
    """A worker told what became of photos, or a photo ran out of time. Written before the worker is answered."""

    kind: ClassVar[str] = "reported"
    reports: Annotated[Sequence[Report], _REPORTS]
    late: float | None = None  # for a photo that ran out of time


@dataclass(frozen=True, slots=True)
class Returned:
    """Leases ended without a report; no try is counted. Their worker gave them back, was given up, or is gone."""

    kind: ClassVar[str] = "returned"
    attempts: Annotated[Attempts, "p"]
    late: float | None = None


@dataclass(frozen=True, slots=True)
class Struck:
    """A worker died while it computed this photo. `error` is the photo's if that was the last time."""

    kind: ClassVar[str] = "struck"
    attempt: Annotated[tuple[int, int], "p"]  # as one of `Attempts`
    error: Json
    late: float | None = None


@dataclass(frozen=True, slots=True)
class Matched:
    """The light of analysed photos was matched: they are computed with these shifts. None: nothing is to be done."""

    kind: ClassVar[str] = "matched"
    rows: Annotated[Sequence[tuple[int, Json | None]], "p"]


# --- controls ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Paused:
    """A client asked for a pause."""

    kind: ClassVar[str] = "paused"


@dataclass(frozen=True, slots=True)
class Resumed:
    """A client ended a pause."""

    kind: ClassVar[str] = "resumed"


@dataclass(frozen=True, slots=True)
class Cancelled:
    """A client cancelled a batch that had not ended: what is not done will not be done."""

    kind: ClassVar[str] = "cancelled"
    late: float | None = None


@dataclass(frozen=True, slots=True)
class Retried:
    """A client asked for another try of what failed, was cancelled, or could not be listed."""

    kind: ClassVar[str] = "retried"


@dataclass(frozen=True, slots=True)
class Closed:
    """A client closed an open batch, or none has appended photos for a long time: no more will come."""

    kind: ClassVar[str] = "closed"


@dataclass(frozen=True, slots=True)
class Renamed:
    """A client gave the batch another name, or took its name away."""

    kind: ClassVar[str] = "renamed"
    name: str | None


@dataclass(frozen=True, slots=True)
class Adjusted:
    """A client gave a photo that had ended other parameters of its own; it is computed again."""

    kind: ClassVar[str] = "adjusted"
    index: Annotated[int, "i"]
    params: Annotated[Json | None, "p"]


@dataclass(frozen=True, slots=True)
class Deleted:
    """A client deleted the batch, or it expired. It is hidden for good; its blobs go, and then all its events."""

    kind: ClassVar[str] = "deleted"
    late: float | None = None
    withdrawn: bool = False  # nobody has heard of the batch: its client will name the same uploads again


# --- bookkeeping: changes nothing that a client sees ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Swept:
    """What these attempts could have left behind was removed."""

    kind: ClassVar[str] = "swept"
    attempts: Annotated[Attempts, "p"]


@dataclass(frozen=True, slots=True)
class Called:
    """The batch's `callback_url` was called. Written after each call, whatever came of it."""

    kind: ClassVar[str] = "called"
    end: float | None  # the end that was told: the `finished_at` of then
    again: float | None  # unix time of the next call; None when this one arrived


@dataclass(frozen=True, slots=True)
class Shared:
    """A link to the results was made."""

    kind: ClassVar[str] = "shared"
    share_id: Annotated[str, "id"]  # a digest of the link's key
    until: float  # unix time at which the link ends
    title: str | None = None  # what the page behind it is called
    sender: str | None = None  # who shows the photos
    originals: bool = False  # the photos as they came may be seen and saved too


@dataclass(frozen=True, slots=True)
class Unshared:
    """A link was revoked, or was found to have ended when another was made."""

    kind: ClassVar[str] = "unshared"
    share_id: Annotated[str, "id"]


@dataclass(frozen=True, slots=True)
class Archived:
    """What is known of a batch that has ended, without its photos.

    Not one of the batch's events: it stands beside them, as their snapshot, so that a replay need not read them. An
    earlier version reads the events instead. `version` is that of the last change that a client saw.
    """

    kind: ClassVar[str] = "archived"
    spec: Annotated[BatchSpec, _SPEC]
    version: Annotated[int, "v"]
    created_at: float
    started_at: float | None
    finished_at: float | None
    state: str
    paused_at: float | None
    counts: Annotated[Sequence[int], "n"]  # of photos, by PhotoState
    shares: dict[str, float]
    strays: Sequence[tuple[int, int, float]]  # index, attempt, and when to sweep
    owes_call: bool
    calls: int
    call_due: float
    prefixes: PrefixStates
    truncated: bool
    uploads: str  # the keys of those that its photos and masks name: see `hash_index.packed`
    name: str | None = None
    consistency: float | None = None
    shown_as: dict[str, tuple[str | None, str | None, bool]] | None = None  # title, sender, originals by share


Bookkeeping = Swept | Called | Shared | Unshared
Control = Paused | Resumed | Cancelled | Retried | Closed | Renamed | Adjusted | Deleted
BatchEvent = Photos | Prefixes | Listed | Leased | Reported | Returned | Struck | Matched | Control | Bookkeeping

BATCH_EVENTS = EventFormat[Created | BatchEvent | Archived](
    *get_args(Created | BatchEvent | Archived), time_first=frozenset({Created, Prefixes, Photos})
)


def contents(
    photos: Sequence[PhotoSpec], prefixes: Sequence[PhotoSpec] = (), slice_size: int = 1000
) -> Iterator[Prefixes | Photos]:
    """Yield the events that fill a new batch: the prefixes below which photos are to be found, and photos in slices."""
    if prefixes:
        yield Prefixes([(prefix.source, prefix.params) for prefix in prefixes])
    for first in range(0, len(photos), slice_size):
        yield Photos([(photo.source, photo.name, photo.params) for photo in photos[first : first + slice_size]])
