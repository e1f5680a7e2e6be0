"""The names of all blobs. Ids are checked here, because some of them come from clients.

batches/<task_id>/<index>/<attempt>/result.jpg
                                    also-<name>.jpg
                                    thumbnail.jpg
                                    original
uploads/<upload_id>/content
                    record.json
                    incoming, promise.json (of an upload that is not accepted yet)
luts/<sha256>
"""

import re

from storage.errors import InvalidKeyError

BATCHES = "batches"
UPLOADS = "uploads"
LUTS = "luts"
_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_EXTENSION = re.compile(r"[a-z0-9]{1,8}")


def batch_prefix(task_id: str) -> str:
    """The prefix of a batch; raises InvalidKeyError for an invalid id, as all functions here do."""
    return f"{BATCHES}/{_checked(task_id, _ID)}"


def attempt_prefix(task_id: str, index: int, attempt: int) -> str:
    """The prefix of one attempt at a photo."""
    return f"{batch_prefix(task_id)}/{index:d}/{attempt:d}"


def result_key(task_id: str, index: int, attempt: int, extension: str) -> str:
    """Name the retouched photo; `extension` without its dot."""
    return f"{attempt_prefix(task_id, index, attempt)}/result.{_checked(extension, _EXTENSION)}"


def variant_key(task_id: str, index: int, attempt: int, name: str, extension: str) -> str:
    """Name a further output of the retouched photo."""
    prefix = attempt_prefix(task_id, index, attempt)
    return f"{prefix}/also-{_checked(name, _ID)}.{_checked(extension, _EXTENSION)}"


def thumbnail_key(task_id: str, index: int, attempt: int) -> str:
    """Name the result's thumbnail, a JPEG."""
    return f"{attempt_prefix(task_id, index, attempt)}/thumbnail.jpg"


def original_key(task_id: str, index: int, attempt: int) -> str:
    """Name the stored copy of a source from the network."""
    return f"{attempt_prefix(task_id, index, attempt)}/original"


def upload_prefix(upload_id: str) -> str:
    """The prefix of an upload."""
    return f"{UPLOADS}/{_checked(upload_id, _ID)}"


def upload_key(upload_id: str) -> str:
    """Name an upload's bytes."""
    return f"{upload_prefix(upload_id)}/content"


def upload_incoming_key(upload_id: str) -> str:
    """Name the bytes that a client sends to the store itself, until they are accepted."""
    return f"{upload_prefix(upload_id)}/incoming"


def upload_promise_key(upload_id: str) -> str:
    """Name the record of an upload whose bytes a client is about to send to the store."""
    return f"{upload_prefix(upload_id)}/promise.json"


def upload_record_key(upload_id: str) -> str:
    """Name an upload's record (JSON: its name, type, owner)."""
    return f"{upload_prefix(upload_id)}/record.json"


def lut_key(sha256: str) -> str:
    """Name a LUT by the SHA-256 of its file, so a blob never changes."""
    return f"{LUTS}/{_checked(sha256, _SHA256)}"


def _checked(part: str, pattern: re.Pattern[str]) -> str:
    if not pattern.fullmatch(part):
        raise InvalidKeyError(f"{part[:80]!r} cannot be part of a blob's name.")
    return part
