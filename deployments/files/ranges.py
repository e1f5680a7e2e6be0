"""Conditional and partial requests (RFC 9110): which bytes of a representation to send, if any."""

import re
from dataclasses import dataclass

_ONE_RANGE = re.compile(r"bytes\s*=\s*(\d*)\s*-\s*(\d*)", re.IGNORECASE)
_TAG = re.compile(r'(?:W/)?"[^"]*"')


class UnsatisfiableError(Exception):
    """The range is outside of the representation."""


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes from `start` up to, not including, `end`."""

    start: int
    end: int


def unchanged(if_none_match: str | None, etag: str) -> bool:
    """Say whether the client already has this representation (weak comparison)."""
    if if_none_match is None:
        return False
    tags = {tag.removeprefix("W/") for tag in _TAG.findall(if_none_match)}
    return if_none_match.strip() == "*" or etag.removeprefix("W/") in tags


def wanted(header: str | None, if_range: str | None, etag: str, size: int) -> Span | None:
    """Return the range to send; None for the whole: no range, several, or a representation other than `if_range`.

    Raises UnsatisfiableError.
    """
    match = _ONE_RANGE.fullmatch(header.strip()) if header else None
    if match is None or (if_range is not None and (if_range.strip() != etag or etag.startswith("W/"))):
        return None
    first, last = match.groups()
    if not first and not last:
        return None
    if not first:
        start, end = max(size - int(last), 0), size
    else:
        start, end = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < start:
            return None
    if start >= size or start >= end:
        raise UnsatisfiableError
    return Span(start, end)
