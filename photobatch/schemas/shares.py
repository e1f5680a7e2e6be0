"""The wire schemas of shares: links to a batch's results."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field

from photobatch.schemas.messages import Answer, Wire, one_line

WEEK_S = 604_800


class ShareRequest(Wire):
    """`POST /api/v1/batch/{task_id}/share`."""

    expires_in_s: Annotated[int, Field(ge=60, le=31_536_000, description="Seconds; the batch may expire sooner.")] = (
        WEEK_S
    )
    title: Annotated[
        str | None, Field(max_length=200, description="Stands above the photos."), AfterValidator(one_line)
    ] = None
    sender: Annotated[
        str | None,
        Field(max_length=100, description="Who shows them, such as a photographer."),
        AfterValidator(one_line),
    ] = None
    originals: bool = Field(False, description="The photos as they came may be seen beside the results, and saved too.")


class Share(Answer):
    """A link to a batch's results, open to everybody who has it."""

    id: str
    expires_at: datetime
    title: str | None = None
    sender: str | None = None
    originals: bool = False


class NewShare(Share):
    """A new link. Its URL is never shown again: the service keeps only the digest of the key."""

    url: str = Field(description="A path of this service, with the key in it.")


class ShareList(Answer):
    """The valid links of a batch."""

    items: list[Share]
    next_cursor: str | None = None
