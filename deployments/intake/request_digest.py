"""The digest of a submit: it distinguishes a repeated request from a different one with the same idempotency key."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from deployments.intake.bodies import Draft
from photobatch.schemas import SubmitRequest

_AT_ONCE = 500
_LATER = {"name", "open", "consistency", "consistency_strength"}


def digest_of(draft: Draft[SubmitRequest]) -> str:
    """Return a digest of a request's meaning: field order and form boundaries do not count.

    Fields that earlier versions did not know count only where they are given. It is the SHA-256 of
    `json.dumps([request, files], sort_keys=True)`, which is never in memory as a whole.
    """
    files = [[file.name, file.sha256] for file in draft.files]
    digest = hashlib.sha256(b"[{")
    known = type(draft.request).model_fields
    given = [name for name in known if name not in _LATER or getattr(draft.request, name) != known[name].default]
    for place, name in enumerate(sorted(given)):
        digest.update(f"{', ' if place else ''}{json.dumps(name)}: ".encode())
        for piece in _dumped(getattr(draft.request, name)):
            digest.update(piece)
    digest.update(f"}}, {json.dumps(files)}]".encode())
    return digest.hexdigest()


def _dumped(value: Any) -> Iterator[bytes]:
    """Yield a value as JSON; lists in pieces."""
    if not isinstance(value, list):
        yield json.dumps(_plain(value), sort_keys=True).encode()
        return
    yield b"["
    for start in range(0, len(value), _AT_ONCE):
        some = json.dumps([_plain(item) for item in value[start : start + _AT_ONCE]], sort_keys=True)
        yield (", " if start else "").encode() + some[1:-1].encode()
    yield b"]"


def _plain(value: Any) -> Any:
    return value.model_dump(mode="json") if isinstance(value, BaseModel) else value
