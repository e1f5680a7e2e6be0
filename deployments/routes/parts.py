"""Dependencies of the routes, and parameters that several of them share."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Path, Query
from starlette.requests import HTTPConnection

from actors.messages.coordinator_api import CoordinatorApi
from deployments.files.archive import Archives
from deployments.gate.access import ANONYMOUS, CALLER, on_behalf
from deployments.intake.additions import Additions
from deployments.intake.looks import Looks
from deployments.intake.signed_uploads import SignedUploads
from deployments.intake.submission import Submissions
from deployments.intake.uploads import Uploads
from deployments.routes.owners import Owners
from deployments.services import Services
from deployments.status.feed import Feeds
from deployments.status.metrics import Requests
from deployments.status.vitals import Vitals


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of one application that routes use."""

    services: Services
    uploads: Uploads
    signed_uploads: SignedUploads
    submissions: Submissions
    additions: Additions
    feeds: Feeds
    vitals: Vitals
    looks: Looks
    requests: Requests
    archives: Archives
    owners: Owners

    @property
    def coordinator(self) -> CoordinatorApi:
        """The coordinator, which owns the state."""
        return self.services.coordinator


async def _parts(connection: HTTPConnection) -> Parts:  # a plain function would run in a thread each time
    parts: Parts = connection.app.state.parts
    return parts


async def _caller(connection: HTTPConnection) -> str | None:
    caller: str | None = connection.scope[CALLER]  # an open route has none
    return caller


Here = Annotated[Parts, Depends(_parts)]
Caller = Annotated[str | None, Depends(_caller)]
"""The user of a request's API key; None if the service has no keys."""

_Said = Annotated[
    str | None, Query(alias="user_id", min_length=1, max_length=128, description="The user, if there are no keys.")
]


async def _user(caller: Caller, said: _Said = None) -> str:
    return on_behalf(caller, said) or ANONYMOUS


async def _listed_user(caller: Caller, said: _Said = None) -> str | None:
    return on_behalf(caller, said)


async def _own_batch(
    here: Here, caller: Caller, task_id: Annotated[str, Path(max_length=128, description="The batch.")]
) -> str:
    await here.owners.check(task_id, caller)
    return task_id


TaskId = Annotated[str, Depends(_own_batch)]
"""A batch of the caller; another user's batch is `not_found`, like one that does not exist."""

User = Annotated[str, Depends(_user)]
ListedUser = Annotated[str | None, Depends(_listed_user)]
"""The user whose items are listed; None for those of everybody."""

PageSize = Annotated[int, Query(alias="limit", ge=1, le=500, description="Items on a page.")]
