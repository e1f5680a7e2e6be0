"""photobatch: batches of photos, retouched on a Ray cluster. This package is the light client: no Ray, no torch.

Names are loaded at first use, so that `import photobatch` takes no time.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from photobatch.batch import AsyncBatch as AsyncBatch
    from photobatch.client import AsyncPhotoBatch as AsyncPhotoBatch
    from photobatch.errors import ConflictError as ConflictError
    from photobatch.errors import ForbiddenError as ForbiddenError
    from photobatch.errors import InvalidRequestError as InvalidRequestError
    from photobatch.errors import NotFoundError as NotFoundError
    from photobatch.errors import PhotoBatchError as PhotoBatchError
    from photobatch.errors import QueueFullError as QueueFullError
    from photobatch.errors import UnauthorizedError as UnauthorizedError
    from photobatch.errors import UnavailableError as UnavailableError
    from photobatch.errors import WaitTimeoutError as WaitTimeoutError
    from photobatch.progress import ProgressEvent as ProgressEvent
    from photobatch.schemas import NewShare as NewShare
    from photobatch.schemas import OutputOptions as OutputOptions
    from photobatch.schemas import Photo as Photo
    from photobatch.schemas import PhotoInput as PhotoInput
    from photobatch.schemas import Preset as Preset
    from photobatch.schemas import Share as Share
    from photobatch.schemas import Upload as Upload
    from photobatch.sync import Batch as Batch
    from photobatch.sync import PhotoBatch as PhotoBatch
    from photobatch.uploads import Refused as Refused

__version__ = "0.1.0"

_HOMES = {
    "batch": ("AsyncBatch",),
    "client": ("AsyncPhotoBatch",),
    "errors": (
        "ConflictError",
        "ForbiddenError",
        "InvalidRequestError",
        "NotFoundError",
        "PhotoBatchError",
        "QueueFullError",
        "UnauthorizedError",
        "UnavailableError",
        "WaitTimeoutError",
    ),
    "progress": ("ProgressEvent",),
    "schemas": ("NewShare", "OutputOptions", "Photo", "PhotoInput", "Preset", "Share", "Upload"),
    "sync": ("Batch", "PhotoBatch"),
    "uploads": ("Refused",),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = found = getattr(import_module(f"photobatch.{_HOME[name]}"), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
