"""JSON without blanks, as the journal and the batches keep it."""

import json
from typing import Any

_ENCODER = json.JSONEncoder(separators=(",", ":"))  # `json.dumps` would make one for each photo


def compact_json(value: Any) -> bytes:
    """Return a value as JSON in ASCII."""
    return _ENCODER.encode(value).encode()
