"""The finding of a check of `photobatch doctor`, for client and server checks."""

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "warning", "wrong"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: `wrong` keeps photobatch from working, `warning` makes it work less well."""

    name: str
    state: State
    found: str
    advice: str = ""  # what to do; empty if ok


def ok(name: str, found: str) -> Finding:
    """Return a finding without a problem."""
    return Finding(name, "ok", found)
