"""JSON without blanks, as the journal and the batches keep it."""

import json
from functools import lru_cache
from typing import Any

_ENCODER = json.JSONEncoder(separators=(",", ":"))  # `json.dumps` would make one for each photo


def compact_json(value: Any) -> bytes:
    """Return a value as JSON in ASCII."""
    return _ENCODER.encode(value).encode()


def shared(value: Any) -> Any:
    """Return an equal value, the same object for all who ask for an equal one: for what nobody changes."""
    return _decoded(compact_json(value))


@lru_cache(1000)
def _decoded(value: bytes) -> Any:
    return json.loads(value)
