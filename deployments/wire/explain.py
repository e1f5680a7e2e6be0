"""Errors of pydantic as a sentence for people and the name of the field."""

import difflib
from collections.abc import Iterable, Sequence
from typing import Any

from photobatch.schemas.explain import path, sentence

NO_JSON = "The body was not read as JSON: send the header Content-Type: application/json with it."
_PLACES = ("query", "path", "body", "header")


def first(errors: Sequence[Any]) -> tuple[str, str, str | None]:
    """Return a code, a sentence about the first error, and its field; the sentence says how many more there are."""
    error = errors[0]
    if error["type"] == "json_invalid":
        return "invalid_json", "The body is not valid JSON.", None
    if error["loc"] == ("body",) and isinstance(error.get("input"), bytes | bytearray):  # as curl -d sends it
        return "invalid_request", NO_JSON, None
    field = path([part for place, part in enumerate(error["loc"]) if place or part not in _PLACES])
    more = len(errors) - 1
    also = f" {more} more {'is' if more == 1 else 'are'} wrong." if more else ""
    return "invalid_request", sentence(field or "the request", error) + also, field or None


def unknown(name: str, known: Iterable[str]) -> tuple[str, str, str]:
    """Return the same for an unknown field, where these are known."""
    name = name[:80]
    near = difflib.get_close_matches(name, sorted(known), n=1)
    hint = f" Did you mean {near[0]}?" if near else ""
    return "invalid_request", sentence(name, {"type": "extra_forbidden"}) + hint, name
