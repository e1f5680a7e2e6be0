"""The wire schemas of the HTTP contract; server and clients share them."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from photobatch.schemas.messages import Answer as Answer
from photobatch.schemas.messages import PhotoError as PhotoError
from photobatch.schemas.messages import Wire as Wire
from photobatch.schemas.presets import LocalizedText as LocalizedText
from photobatch.schemas.presets import Lut as Lut
from photobatch.schemas.presets import LutList as LutList
from photobatch.schemas.presets import Preset as Preset
from photobatch.schemas.presets import PresetCopy as PresetCopy
from photobatch.schemas.presets import PresetInput as PresetInput
from photobatch.schemas.presets import PresetList as PresetList
from photobatch.schemas.presets import PreviewItem as PreviewItem
from photobatch.schemas.presets import PreviewList as PreviewList
from photobatch.schemas.presets import PreviewPicture as PreviewPicture
from photobatch.schemas.presets import PreviewRequest as PreviewRequest
from photobatch.schemas.shares import NewShare as NewShare
from photobatch.schemas.shares import Share as Share
from photobatch.schemas.shares import ShareList as ShareList
from photobatch.schemas.shares import ShareRequest as ShareRequest

MAX_METADATA_BYTES = 16_384


class BatchStatus(StrEnum):
    """queued → processing ⇄ paused → completed | failed | cancelled."""

    QUEUED = "queued"
    PROCESSING = "processing"
    PAUSED = "paused"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class PhotoStatus(StrEnum):
    """queued → processing → succeeded | failed | cancelled."""

    QUEUED = "queued"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class OutputOptions(Wire):
    """How results are written."""

    format: Literal["same", "jpeg", "png", "webp", "avif", "tiff"] = "same"
    quality: Annotated[int, Field(ge=1, le=100)] = 92
    subsampling: Literal["same", "444", "422", "420"] = "same"
    max_side: Annotated[int, Field(ge=16, le=65_535)] | None = None
    metadata: Literal["keep", "strip_gps", "strip"] = "keep"
    name: Annotated[str, Field(max_length=200)] | None = Field(
        default=None, description="Template of result names: {stem}, {index}, {ext}, {preset}."
    )


class PhotoInput(Wire):
    """One photo of a batch whose photos differ."""

    source: Annotated[str, Field(min_length=1, max_length=8192)]
    params: dict[str, Any] = Field(default_factory=dict)


Source = Annotated[str, StringConstraints(min_length=1, max_length=8192)]


class SubmitRequest(Wire):
    """`POST /api/v1/batch/submit`."""

    user_id: Annotated[str, Field(min_length=1, max_length=128)] = "anonymous"
    image_urls: list[Source] = Field(default_factory=list)
    photos: list[PhotoInput] = Field(default_factory=list)
    preset_id: Annotated[str, Field(max_length=128)] | None = None
    preset_type: Literal["beauty", "filter", "color", "erase"] | None = None
    preset_params: dict[str, Any] = Field(default_factory=dict)
    output: OutputOptions = Field(default_factory=OutputOptions)
    priority: Annotated[int, Field(ge=0, le=9)] = 5
    metadata: dict[str, str] = Field(default_factory=dict)
    callback_url: Annotated[str, Field(max_length=8192)] | None = None


class Submitted(Answer):
    """The answer to a submit."""

    task_id: str
    status: BatchStatus
    total: int
    websocket_url: str
    events_url: str
    status_url: str
    eta_s: float | None
    expanding: bool = False


class SourceError(PhotoError):
    """Why not all objects below an address became photos of a batch."""

    source: str


class PresetRef(Answer):
    """The preset as the batch pinned it when it was accepted."""

    id: str | None
    type: str
    version: int
    params: dict[str, Any]


class Counts(Answer):
    """Photos by status; they always add up to `total`."""

    total: int
    queued: int
    processing: int
    succeeded: int
    failed: int
    cancelled: int


class Batch(Answer):
    """One batch as its owner sees it."""

    task_id: str
    user_id: str
    status: BatchStatus
    preset: PresetRef
    output: OutputOptions
    priority: int
    metadata: dict[str, str]
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    expires_at: datetime | None
    counts: Counts
    expanding: bool = Field(default=False, description="A prefix is still being listed: `total` grows.")
    truncated: bool = Field(default=False, description="There were more photos than a batch may hold.")
    errors: list[SourceError] = Field(default_factory=list, description="Prefixes that were not listed to their end.")
    progress: float | None = Field(description="0 to 1; null while `expanding`.")
    photos_per_s: float | None
    eta_s: float | None
    eta_low_s: float | None
    eta_high_s: float | None
    version: int


class PhotoResult(Answer):
    """A finished photo."""

    url: str
    thumbnail_url: str
    width: int
    height: int
    bytes: int
    format: str
    sha256: str


class Photo(Answer):
    """One photo of a batch."""

    index: int
    name: str
    source: str
    status: PhotoStatus
    attempts: int
    error: PhotoError | None = None
    result: PhotoResult | None = None
    engine: str | None = None
    notes: list[str] = Field(default_factory=list)
    timings_ms: dict[str, float] | None = None
    reused: bool = False


class BatchList(Answer):
    """A page of batches, newest first."""

    items: list[Batch]
    next_cursor: str | None


class PhotoList(Answer):
    """A page of photos in their order."""

    items: list[Photo]
    next_cursor: str | None


class WorkerStats(Answer):
    """Workers by what they are doing; `max` is the most there may be."""

    ready: int
    busy: int
    starting: int
    max: int


class QueueStats(Answer):
    """What waits; `limit` is in batches."""

    batches: int
    photos: int
    limit: int


class Stats(Answer):
    """The service in numbers."""

    batches: dict[str, int]
    photos: dict[str, int]
    workers: WorkerStats
    queue: QueueStats
    photos_per_s: float
    uptime_s: float
    version: str


class Upload(Answer):
    """An uploaded file; `source` goes into a batch's `image_urls`."""

    id: str
    source: str
    name: str
    bytes: int
    sha256: str
    width: int | None
    height: int | None
    format: str | None


class Health(Answer):
    """Whether a submit would be worked on now; `reason` says why not."""

    status: Literal["ok", "starting", "unavailable"]
    workers: WorkerStats | None
    journal: str
    blobs: str
    version: str
    reason: str | None = None


class Problem(Answer):
    """RFC 9457 problem details; `code` is stable and machine-readable."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str
    field: str | None = None


class ProgressMessage(Answer):
    """A message on the WebSocket or the event stream."""

    type: Literal["progress", "done", "ping"]
    version: int | None = None
    batch: Batch | None = None
    photos: list[Photo] = Field(default_factory=list)
    more: bool = False
