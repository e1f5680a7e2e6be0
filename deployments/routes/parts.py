"""What routes work with, and the parameters that several of them take."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Path, Query
from starlette.requests import HTTPConnection

from deployments.feed import Feeds
from deployments.looks import Looks
from deployments.metrics import Requests
from deployments.services import Coordinator, Services
from deployments.submission import Submissions
from deployments.uploads import Uploads
from deployments.vitals import Vitals


@dataclass(frozen=True, slots=True)
class Parts:
    """One application's working parts."""

    services: Services
    uploads: Uploads
    submissions: Submissions
    feeds: Feeds
    vitals: Vitals
    looks: Looks
    requests: Requests

    @property
    def coordinator(self) -> Coordinator:
        """Who owns the state."""
        return self.services.coordinator


async def _parts(connection: HTTPConnection) -> Parts:  # a plain function would get a thread for each request
    parts: Parts = connection.app.state.parts
    return parts


Here = Annotated[Parts, Depends(_parts)]
TaskId = Annotated[str, Path(max_length=128, description="The batch.")]
PageSize = Annotated[int, Query(alias="limit", ge=1, le=500, description="Items a page.")]
User = Annotated[str, Query(min_length=1, max_length=128, description="Who asks.")]
