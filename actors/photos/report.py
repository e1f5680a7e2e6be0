"""What a worker said of one attempt, as the journal and the batch keep it."""

import json
from dataclasses import dataclass

from actors.messages.records import Json, Outcome


@dataclass(frozen=True, slots=True)
class Report:
    """A row of a `Reported` event, read by name.

    The row stays a dict, since thousands come a second and most of what they say is only kept. On disk `i` is the
    photo, `a` the attempt; the other keys are the names of `Outcome`. `again` is there only if the photo is retried.
    Rows of earlier versions may lack what has a default here.
    """

    row: Json

    @classmethod
    def read(cls, kept: bytes) -> "Report":
        """Return the report that a batch keeps as JSON."""
        return cls(json.loads(kept))

    @classmethod
    def of(cls, outcome: Outcome, again: float | None) -> "Report":
        """Return the report of an outcome; `again` is when its retry is due, None when it is final."""
        row = {
            "result": outcome.result,
            "error": outcome.error,
            "engine": outcome.engine,
            "notes": outcome.notes,
            "timings_ms": outcome.timings_ms,
            "reused": outcome.reused,
            "i": outcome.key.index,
            "a": outcome.key.attempt,
        }
        if outcome.light is not None:
            row = {"light": outcome.light, "error": None, "i": outcome.key.index, "a": outcome.key.attempt}
        return cls(row if again is None else row | {"again": again})

    @classmethod
    def of_strike(cls, index: int, attempt: int, error: Json) -> "Report":
        """Return the report of an attempt whose worker died, which therefore could not report."""
        return cls({"i": index, "a": attempt, "error": error})

    @property
    def index(self) -> int:
        """The photo's place in its batch."""
        index: int = self.row["i"]
        return index

    @property
    def attempt(self) -> int:
        """The attempt that is reported."""
        attempt: int = self.row["a"]
        return attempt

    @property
    def error(self) -> Json | None:
        """Why it failed: code, message, retryable; None when it succeeded."""
        error: Json | None = self.row["error"]
        return error

    @property
    def again(self) -> float | None:
        """Unix time before which the photo is not tried again; None when the outcome is final."""
        return self.row.get("again")

    @property
    def result(self) -> Json | None:
        """See `Outcome`; None when it failed."""
        return self.row.get("result")

    @property
    def light(self) -> Json | None:
        """The photo's light, if it was analysed and not computed."""
        return self.row.get("light")

    @property
    def engine(self) -> str | None:
        """What computed it."""
        return self.row.get("engine")

    @property
    def notes(self) -> list[str]:
        """What its user should know."""
        return self.row.get("notes") or []

    @property
    def timings_ms(self) -> dict[str, float] | None:
        """What its stages took."""
        return self.row.get("timings_ms")

    @property
    def reused(self) -> bool:
        """Whether the result is a copy of one that was made before."""
        return self.row.get("reused") is True
