"""The wire schemas of the HTTP contract; server and clients share them."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints

from photobatch.schemas.health import Health as Health
from photobatch.schemas.health import HealthCode as HealthCode
from photobatch.schemas.health import Quarantined as Quarantined
from photobatch.schemas.health import QueueStats as QueueStats
from photobatch.schemas.health import Stats as Stats
from photobatch.schemas.health import WorkerStats as WorkerStats
from photobatch.schemas.messages import Answer as Answer
from photobatch.schemas.messages import Face as Face
from photobatch.schemas.messages import PhotoError as PhotoError
from photobatch.schemas.messages import Wire as Wire
from photobatch.schemas.messages import one_line
from photobatch.schemas.output import OutputOptions as OutputOptions
from photobatch.schemas.output import OutputShown
from photobatch.schemas.output import VariantOptions as VariantOptions
from photobatch.schemas.presets import LocalizedText as LocalizedText
from photobatch.schemas.presets import Lut as Lut
from photobatch.schemas.presets import LutList as LutList
from photobatch.schemas.presets import Preset as Preset
from photobatch.schemas.presets import PresetCopy as PresetCopy
from photobatch.schemas.presets import PresetDraft as PresetDraft
from photobatch.schemas.presets import PresetInput as PresetInput
from photobatch.schemas.presets import PresetList as PresetList
from photobatch.schemas.presets import PreviewItem as PreviewItem
from photobatch.schemas.presets import PreviewList as PreviewList
from photobatch.schemas.presets import PreviewPicture as PreviewPicture
from photobatch.schemas.presets import PreviewRequest as PreviewRequest
from photobatch.schemas.presets import Slider as Slider
from photobatch.schemas.presets import SliderGroup as SliderGroup
from photobatch.schemas.presets import SliderList as SliderList
from photobatch.schemas.shares import NewShare as NewShare
from photobatch.schemas.shares import Share as Share
from photobatch.schemas.shares import ShareList as ShareList
from photobatch.schemas.shares import ShareRequest as ShareRequest
from photobatch.schemas.uploads import SignedUpload as SignedUpload
from photobatch.schemas.uploads import SignedUploadInput as SignedUploadInput
from photobatch.schemas.uploads import Upload as Upload
from photobatch.schemas.watermark import Watermark as Watermark

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


class PhotoInput(Wire):
    """One photo of a batch whose photos differ."""

    source: Annotated[str, Field(min_length=1, max_length=8192, description="As in `image_urls`.")]
    params: dict[str, Any] = Field(default_factory=dict, description="Parameters that override the batch's.")


Source = Annotated[str, StringConstraints(min_length=1, max_length=8192)]


BatchName = Annotated[
    str | None,
    Field(max_length=200, description="Shown in lists; downloads are named after it. null: none."),
    AfterValidator(one_line),
]


class SubmitRequest(Wire):
    """`POST /api/v1/batch/submit`."""

    user_id: Annotated[str, Field(min_length=1, max_length=128)] = Field(
        "anonymous", description="The owner, if the service has no keys; with keys it is the key's user."
    )
    image_urls: list[Source] = Field(
        default_factory=list,
        description="Sources: `https://…`, `upload:…`, `file:///…`, `s3://…` (also gs and az; with a `/` at the end "
        "all photos below), `batch:TASK_ID` for all photos of a batch of yours, `batch:TASK_ID/3` for one of them.",
    )
    photos: list[PhotoInput] = Field(default_factory=list, description="Sources with their own parameters.")
    preset_id: Annotated[str, Field(max_length=128)] | None = Field(
        None, description="A preset. Either `preset_id` or `preset_type` is needed."
    )
    preset_type: Literal["beauty", "filter", "color", "erase"] | None = Field(
        None, description="Without a preset: start from neutral parameters of this type."
    )
    preset_params: dict[str, Any] = Field(default_factory=dict, description="Parameters that override the preset's.")
    output: OutputOptions = Field(default_factory=OutputOptions)
    priority: Annotated[int, Field(ge=0, le=9, description="Among a user's batches, higher ones go first.")] = 5
    metadata: dict[str, str] = Field(default_factory=dict, description="Your own strings, returned with the batch.")
    callback_url: Annotated[str, Field(max_length=8192)] | None = Field(
        None, description="Called when the batch has ended; see docs/batches.md."
    )
    name: BatchName = None
    consistency: Literal["none", "shoot"] = Field(
        "none",
        description="`shoot`: exposure and white balance are matched over the photos, scene by scene, before the look. "
        "Not for erase.",
    )
    consistency_strength: Annotated[float, Field(ge=0, le=1, description="How far they are matched.")] = 1.0
    open: bool = Field(False, description="More photos may be appended until the batch is closed; it may begin empty.")


class AppendRequest(Wire):
    """`POST /api/v1/batch/{task_id}/photos`."""

    image_urls: list[Source] = Field(default_factory=list, description="Sources, as in a submit.")
    photos: list[PhotoInput] = Field(default_factory=list, description="Sources with their own parameters.")


class BatchChange(Wire):
    """`PATCH /api/v1/batch/{task_id}`."""

    name: BatchName


class Adjustment(Wire):
    """`POST /api/v1/batch/{task_id}/photos/{index}/adjust`."""

    preset_params: dict[str, Any] = Field(
        description="The photo's own parameters from now on, in place of those that it had; {}: none of its own."
    )


class Submitted(Answer):
    """The answer to a submit."""

    task_id: str
    status: BatchStatus
    total: int = Field(description="Photos.")
    websocket_url: str = Field(description="Path of its progress by WebSocket.")
    events_url: str = Field(description="Path of its progress as server-sent events.")
    status_url: str = Field(description="Path of the batch.")
    eta_s: float | None = Field(description="Seconds until it ends; null while unknown.")
    expanding: bool = Field(False, description="A prefix is still being listed: `total` grows.")


class SourceError(PhotoError):
    """Why the listing of a prefix is incomplete."""

    source: str


class PresetRef(Answer):
    """The preset as the batch pinned it when it was accepted."""

    id: str | None = Field(description="null if the batch named only a type.")
    type: str
    version: int
    params: dict[str, Any] = Field(description="All parameters, including defaults.")


class Checked(Answer):
    """What a submit would do, if its photos are good."""

    preset: PresetRef
    output: OutputShown
    max_photos: int = Field(description="So many photos a batch may hold.")


class Counts(Answer):
    """Photos by status; they always add up to `total`."""

    total: int
    queued: int
    processing: int
    succeeded: int
    failed: int
    cancelled: int


class Batch(Answer):
    """A batch."""

    task_id: str
    user_id: str
    name: str | None = None
    status: BatchStatus
    preset: PresetRef
    output: OutputShown
    priority: int
    metadata: dict[str, str]
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    expires_at: datetime | None = Field(description="When it is removed, with its results; null until it has ended.")
    counts: Counts
    consistency: Literal["none", "shoot"] = "none"
    consistency_strength: float | None = Field(None, description="null without `consistency`.")
    open: bool = Field(default=False, description="Photos may be appended: it does not end before it is closed.")
    expanding: bool = Field(default=False, description="A prefix is still being listed: `total` grows.")
    truncated: bool = Field(default=False, description="There were more photos than a batch may have.")
    errors: list[SourceError] = Field(default_factory=list, description="Prefixes that were not listed completely.")
    progress: float | None = Field(description="0 to 1; null while `open` or `expanding`.")
    photos_per_s: float | None
    eta_s: float | None = Field(description="Seconds until it ends; null until two photos have ended.")
    eta_low_s: float | None = Field(description="With `eta_high_s`: a range that should be right 4 times in 5.")
    eta_high_s: float | None
    version: int = Field(description="Grows with every change, also across restarts.")


class ResultVariant(Answer):
    """A further output of a finished photo; see `also` of the output options."""

    name: str
    url: str = Field(description="Path of the file.")
    width: int
    height: int
    bytes: int
    format: str
    sha256: str


class PhotoResult(Answer):
    """A finished photo."""

    url: str = Field(description="Path of the file.")
    thumbnail_url: str = Field(description="Path of a small JPEG.")
    width: int
    height: int
    bytes: int
    format: str
    sha256: str
    also: list[ResultVariant] = Field([], description="Its further outputs.")
    taken: str | None = Field(None, description="When the photo was taken, in ISO 8601, in the camera's local time.")
    faces: list[Face] | None = Field(default=None, description="Those that were found; null where none was looked for.")


class LightShift(Answer):
    """What matching the light of a batch does to a photo, before the look."""

    exposure: float = Field(description="EV.")
    temperature: float = Field(description="As the parameter of presets, -1..1.")
    tint: float = Field(description="As the parameter of presets, -1..1.")


class Photo(Answer):
    """One photo of a batch."""

    index: int = Field(description="Its position in the batch, from 0.")
    name: str = Field(description="The file name of its source.")
    source: str
    status: PhotoStatus
    attempts: int = Field(description="How often it was leased to a worker.")
    error: PhotoError | None = Field(None, description="Why it failed.")
    result: PhotoResult | None = None
    engine: str | None = Field(None, description="What computed the result.")
    notes: list[str] = Field(default_factory=list, description="Remarks on the result; docs/formats.md.")
    timings_ms: dict[str, float] | None = Field(None, description="Milliseconds by stage.")
    reused: bool = Field(False, description="The result is a copy of an earlier one.")
    own_params: dict[str, Any] | None = Field(None, description="Parameters that override the batch's.")
    shift: LightShift | None = Field(None, description="With `consistency`: null if nothing is to be done, or not yet.")
    revision: int = Field(0, description="How often an adjustment has replaced its result.")
    adjust_error: PhotoError | None = Field(
        None, description="Why the last adjustment came to nothing: the photo is as it was before."
    )


class BatchList(Answer):
    """A page of batches, newest first."""

    items: list[Batch]
    next_cursor: str | None


class PhotoList(Answer):
    """A page of photos in their order."""

    items: list[Photo]
    next_cursor: str | None


class Problem(Answer):
    """RFC 9457 problem details; `code` is stable and machine-readable."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str = Field(description="Stable; see [Problem codes](#problem-codes).")
    field: str | None = Field(None, description="The field of the request that is wrong.")


class ProgressMessage(Answer):
    """A message on the WebSocket or the event stream."""

    type: Literal["progress", "done", "ping"]
    version: int | None = Field(None, description="Reconnect with it as `since`.")
    batch: Batch | None = None
    photos: list[Photo] = Field(default_factory=list, description="The photos that changed.")
    more: bool = Field(False, description="The rest of these changes is in the next message.")
