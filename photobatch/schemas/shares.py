"""The wire schemas of shares: links to a batch's results."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from photobatch.schemas.messages import Answer, Wire

WEEK_S = 604_800


class ShareRequest(Wire):
    """`POST /api/v1/batch/{task_id}/share`."""

    expires_in_s: Annotated[int, Field(ge=60, le=31_536_000, description="Seconds; the batch may expire sooner.")] = (
        WEEK_S
    )


class Share(Answer):
    """A link to a batch's results, for whoever has it."""

    id: str
    expires_at: datetime


class NewShare(Share):
    """A link that was just made. Its URL is told this once: the service keeps no key, only its digest."""

    url: str = Field(description="A path of this service, with the key in it.")


class ShareList(Answer):
    """The links of a batch that are valid."""

    items: list[Share]
    next_cursor: str | None = None
