"""The names of blobs, in one place. Every batch owns its blobs: they lie below one prefix."""

EXTENSIONS = {"jpeg": "jpg", "tiff": "tif"}  # others are called like their format


def batch_prefix(task_id: str) -> str:
    """Everything that belongs to a batch."""
    return f"batches/{task_id}/"


def attempt_prefix(task_id: str, index: int, attempt: int) -> str:
    """Everything that one attempt at a photo stored; another attempt never writes there."""
    return f"{batch_prefix(task_id)}{index}/{attempt}/"


def result_key(task_id: str, index: int, attempt: int, format: str) -> str:
    """The retouched photo."""
    return f"{attempt_prefix(task_id, index, attempt)}result.{EXTENSIONS.get(format, format)}"


def thumbnail_key(task_id: str, index: int, attempt: int) -> str:
    """A small JPEG of the result."""
    return f"{attempt_prefix(task_id, index, attempt)}thumbnail.jpg"


def original_key(task_id: str, index: int, attempt: int) -> str:
    """The photo as it came over the network."""
    return f"{attempt_prefix(task_id, index, attempt)}original"


def upload_key(upload_id: str) -> str:
    """An uploaded file."""
    return f"uploads/{upload_id}/content"


def upload_record_key(upload_id: str) -> str:
    """What is known of an uploaded file, as JSON."""
    return f"uploads/{upload_id}/record.json"
