"""What travels between ingress, coordinator and workers. Plain and JSON-able: the journal keeps them too."""

from dataclasses import dataclass, field
from typing import Any

from actors.messages.versioned import travels

Json = dict[str, Any]


@travels
@dataclass(frozen=True, slots=True)
class PhotoSpec:
    """One photo as the client named it; `params` override the batch's preset for this photo alone."""

    source: str
    name: str
    params: Json | None = None


@travels
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
    digest: str | None = None  # of the request; tells a repeated request from another one under the same key
    thumbnails: bool = True  # `photobatch run` needs none

    def params_of(self, params: Json | None) -> Json:
        """Return the preset's parameters with a photo's own in their place."""
        return {**self.preset.get("params", {}), **(params or {})}


@travels
@dataclass(frozen=True, slots=True)
class LeaseKey:
    """Names one attempt at one photo; a report under any other attempt is refused."""

    task_id: str
    index: int
    attempt: int

    @property
    def place(self) -> tuple[str, int, int]:
        """Where its blobs lie, as storage.keys wants it."""
        return self.task_id, self.index, self.attempt

    def named(self) -> Json:
        """Return it as fields of a line in the log."""
        return {"batch": self.task_id, "photo": self.index, "attempt": self.attempt}


@travels
@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on a photo; ends by report, return, or death of the worker."""

    key: LeaseKey
    source: str
    params: Json | None
    alone: bool = False  # a suspect: nothing else may be at risk while it is computed
    seen: bool = False  # its batch's recipe was carried out before: ask whether this photo was among them


@travels
@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a lease: `result` when it succeeded, else `error`."""

    key: LeaseKey
    result: Json | None = None  # width, height, bytes, format, sha256, input_sha256, thumbnail, original
    error: Json | None = None  # code, message, retryable
    engine: str | None = None
    notes: list[str] = field(default_factory=list)
    timings_ms: dict[str, float] = field(default_factory=dict)
    reused: bool = False  # `result` is a copy of one that was made before


@travels
@dataclass(frozen=True, slots=True)
class Done:
    """A photo that was done before, as a worker is told of it: `key` names the attempt that stored its result."""

    key: LeaseKey
    result: Json
    notes: list[str]


@travels
@dataclass(frozen=True, slots=True)
class Visit:
    """What a worker brings to an exchange."""

    turn: int  # its number: one that is repeated because its answer was lost gets the same answer
    outcomes: list[Outcome]
    returned: list[LeaseKey]  # what it was told to drop and had not begun
    holding: int  # photos on its line
    want: int  # photos that it has room for


@travels
@dataclass(frozen=True, slots=True)
class Grant:
    """The answer to an exchange. `jobs` holds the spec of every batch that `leases` names."""

    epoch: int
    leases: list[Lease]
    jobs: dict[str, BatchSpec]
    refused: list[LeaseKey]  # reports that came too late: their blobs are to be removed


@travels
@dataclass(frozen=True, slots=True)
class Hello:
    """What a living worker tells a new coordinator."""

    worker_id: str
    node_id: str
    crumb: str
    ready: bool
    held: list[LeaseKey]  # leased and not yet acknowledged, finished or not
    release: float = 0.0  # see PoolConfig
    pid: int = 0  # of its process, on its node


@travels
@dataclass(frozen=True, slots=True)
class Preview:
    """A small JPEG of what a preset makes of a photo, or why there is none."""

    data: bytes | None = None
    width: int = 0
    height: int = 0
    notes: list[str] = field(default_factory=list)
    error: Json | None = None  # code, message, retryable
