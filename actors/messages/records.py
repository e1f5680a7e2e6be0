"""The records that ingress, coordinator and workers exchange. Plain and JSON-able: the journal keeps them too."""

from dataclasses import dataclass, field
from typing import Any

from actors.messages.versioned import versioned

Json = dict[str, Any]


@versioned
@dataclass(frozen=True, slots=True)
class PhotoSpec:
    """One photo as the client named it; `params` override the batch's preset for this photo alone."""

    source: str
    name: str
    params: Json | None = None


@versioned
@dataclass(frozen=True, slots=True)
class BatchSpec:
    """Everything about a batch that never changes after it was accepted."""

    task_id: str
    user_id: str
    preset: Json  # presets.ResolvedPreset as a dict
    output: Json  # photobatch.schemas.OutputOptions as a dict
    priority: int = 5
    metadata: dict[str, str] = field(default_factory=dict)
    callback_url: str | None = None
    idempotency_key: str | None = None
    digest: str | None = None  # of the request; distinguishes a repeated request from a different one with the same key
    thumbnails: bool = True  # `photobatch run` needs none
    traceparent: str | None = None  # W3C: the span of the request that submitted it; None where nothing is traced
    name: str | None = None  # that its user gave it at first
    open: bool = False  # more photos may be appended
    consistency: float | None = None  # how far the light of its photos is matched, 0..1; None: not at all

    def params_of(self, params: Json | None) -> Json:
        """Return the preset's parameters, overridden by the photo's own."""
        return {**self.preset.get("params", {}), **(params or {})}


@versioned
@dataclass(frozen=True, slots=True)
class LeaseKey:
    """Names one attempt at one photo; a report under any other attempt is refused."""

    task_id: str
    index: int
    attempt: int

    @property
    def place(self) -> tuple[str, int, int]:
        """The place of its blobs, as arguments for storage.keys."""
        return self.task_id, self.index, self.attempt

    def named(self) -> Json:
        """Return it as fields of a log line."""
        return {"batch": self.task_id, "photo": self.index, "attempt": self.attempt}


@versioned
@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on a photo; ends by report, return, or death of the worker."""

    key: LeaseKey
    source: str
    params: Json | None
    alone: bool = False  # a suspect: the worker holds nothing else while it computes this photo
    seen: bool = False  # its batch's recipe was carried out before: ask whether this photo was done then
    waited_s: float | None = None  # for its first lease, on the coordinator's clock; None if this is a later one
    analyse: bool = False  # report its light; nothing is computed yet


@versioned
@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a lease: `result` (or `light`) if it succeeded, else `error`."""

    key: LeaseKey
    result: Json | None = None  # width, height, bytes, format, sha256, input_sha256, thumbnail, original, taken
    error: Json | None = None  # code, message, retryable
    engine: str | None = None
    notes: list[str] = field(default_factory=list)
    timings_ms: dict[str, float] = field(default_factory=dict)
    reused: bool = False  # `result` is a copy of an earlier one
    light: Json | None = None  # instead of a result, where that was asked for: see models.shoot


@versioned
@dataclass(frozen=True, slots=True)
class Done:
    """An earlier photo with the same bytes and recipe; `key` names the attempt that stored its result."""

    key: LeaseKey
    result: Json
    notes: list[str]


@versioned
@dataclass(frozen=True, slots=True)
class Gpu:
    """One GPU of a node; what its driver does not tell is None."""

    index: int  # as `nvidia-smi` numbers it
    use: float | None = None  # part of the last second in which it computed
    memory_used: int | None = None  # bytes, by all processes
    memory_total: int | None = None  # bytes


@versioned
@dataclass(frozen=True, slots=True)
class Visit:
    """A worker's side of an exchange."""

    turn: int  # number of the exchange: a repeated one, whose answer was lost, gets the same answer
    outcomes: list[Outcome]
    returned: list[LeaseKey]  # leases that it was told to drop and had not begun
    holding: int  # photos in its stages
    want: int  # photos for which it has room
    fallbacks: dict[str, int] = field(default_factory=dict)  # those since the last exchange: see models.fallbacks
    gpus: list[Gpu] = field(default_factory=list)  # of its node; now and then, from workers with a GPU


@versioned
@dataclass(frozen=True, slots=True)
class Grant:
    """The answer to an exchange. `jobs` holds the spec of every batch that `leases` names."""

    epoch: int
    leases: list[Lease]
    jobs: dict[str, BatchSpec]
    refused: list[LeaseKey]  # reports that came too late: the worker removes their blobs


@versioned
@dataclass(frozen=True, slots=True)
class Hello:
    """A living worker's answer to a new coordinator."""

    worker_id: str
    node_id: str
    crumb: str
    ready: bool
    held: list[LeaseKey]  # leased and not yet acknowledged, finished or not
    release: float = 0.0  # see PoolConfig
    pid: int = 0  # of its process, on its node
    gpu: bool = False  # whether Ray granted it a part of a GPU
    address: str = ""  # of its node


@versioned
@dataclass(frozen=True, slots=True)
class Preview:
    """A small JPEG of a photo with a preset applied, or the reason why there is none."""

    data: bytes | None = None
    width: int = 0
    height: int = 0
    notes: list[str] = field(default_factory=list)
    error: Json | None = None  # code, message, retryable
    faces: list[Json] | None = None  # those that were found; None: nobody has looked for them


@versioned
@dataclass(frozen=True, slots=True)
class Share:
    """A link to the results of a batch, as its owner made it."""

    until: float  # unix time at which it ends
    title: str | None = None  # what the page behind it is called
    sender: str | None = None  # who shows the photos
    originals: bool = False  # the photos as they came may be seen and saved too
