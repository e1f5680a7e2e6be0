"""Errors of pydantic as sentences for people; server and clients say the same."""

from collections.abc import Sequence
from typing import Any

_NOT_EQUAL = {
    "greater_than_equal": ("ge", "must be {0} or more"),
    "less_than_equal": ("le", "must be {0} or less"),
    "string_too_long": ("max_length", "has more than {0} characters"),
    "string_too_short": ("min_length", "has fewer characters than {0}"),
    "too_long": ("max_length", "has more than {0} entries"),
    "too_short": ("min_length", "has fewer entries than {0}"),
}
_PATTERNS = {r"^[^\x00-\x1f\x7f]*$": "must be on one line, without control characters"}
_KINDS = {
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "string_type": "must be text",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "dict_type": "must be an object of JSON",
    "model_type": "must be an object of JSON",
    "model_attributes_type": "must be an object of JSON",
    "list_type": "must be a list",
    "missing": "is missing",
    "string_unicode": "has half of a character (a surrogate); send whole ones",
    "extra_forbidden": "is not a field of this request; check its spelling in /docs",
}


def path(parts: Sequence[int | str]) -> str:
    """Return the name of a field: `photos[3].source`."""
    said = ""
    for part in parts:
        said += f"[{part}]" if isinstance(part, int) else f".{part}" if said else part
    return said


def sentence(field: str, error: Any) -> str:
    """Return what is wrong with a field, from an entry of `ValidationError.errors()`."""
    kind = error["type"]
    if kind in _KINDS:
        return f"{field} {_KINDS[kind]}."
    if kind == "string_pattern_mismatch":
        return f"{field} {_PATTERNS.get(error['ctx']['pattern'], 'is not written as it must be; /docs shows how')}."
    if kind in _NOT_EQUAL:
        limit, words = _NOT_EQUAL[kind]
        return f"{field} {words.format(error['ctx'][limit])}."
    said = error["msg"].removeprefix("Value error, ").removeprefix("Input ").rstrip(".")
    return f"{field} {said[:1].lower()}{said[1:]}."
