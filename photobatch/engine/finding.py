"""What a check of `photobatch doctor` found, on either side."""

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "warning", "wrong"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: `wrong` is what keeps photobatch from working, `warning` what makes it work less well."""

    name: str
    state: State
    found: str
    advice: str = ""  # what to do; nothing where it is ok


def ok(name: str, found: str) -> Finding:
    """Return that something is as it should be."""
    return Finding(name, "ok", found)
