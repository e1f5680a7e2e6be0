"""Announces the bytes of uploads to the coordinator, which counts them for their user."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress

from fastapi import Request

from actors.messages.coordinator_api import CoordinatorApi
from actors.messages.errors import BatchError

_RELEASE_S = 2.0


class UploadClaims:
    """Announces uploads. A file larger than `max_bytes` is refused anyway, so no announcement exceeds it."""

    def __init__(self, coordinator: CoordinatorApi, max_bytes: int) -> None:
        self._coordinator = coordinator
        self.max_bytes = max_bytes

    async def hold(self, name: str, user: str, size: int) -> None:
        """Count bytes for a user under a name; raises BatchError `too_many_uploads`."""
        await self._coordinator.hold_upload(name, user, size)

    async def release(self, names: Iterable[str]) -> None:
        """Stop counting these names. If the coordinator misses this, it notices when it compares with the store."""
        with suppress(BatchError, TimeoutError):
            async with asyncio.timeout(_RELEASE_S):
                await self._coordinator.release_uploads(list(names))

    @asynccontextmanager
    async def form(self, request: Request, name: str, user: str) -> AsyncIterator["FormClaim"]:
        """Count the files of a form while it is read and submitted; afterwards its batch names them."""
        claim = FormClaim(self, name, user, declared_size(request))
        try:
            await claim.begin()
            yield claim
        finally:
            if claim.asked:
                await asyncio.shield(self.release([name]))


class FormClaim:
    """The bytes of one form. A form of unknown size is counted file by file."""

    def __init__(self, claims: UploadClaims, name: str, user: str, declared: int | None) -> None:
        self._claims = claims
        self._name = name
        self._user = user
        self._declared = declared
        self.asked = False

    async def begin(self) -> None:
        """Count the whole form, if its size is known."""
        if self._declared is not None:
            await self._hold(self._declared)

    async def next_file(self, so_far: int) -> None:
        """Reserve room for one more file, after this many bytes of files."""
        if self._declared is None:
            await self._hold(so_far + self._claims.max_bytes)

    async def _hold(self, size: int) -> None:
        self.asked = True  # it may be counted although the answer was lost
        await self._claims.hold(self._name, self._user, size)


def declared_size(request: Request) -> int | None:
    """Return the Content-Length of a request; None if it is missing or invalid."""
    declared = request.headers.get("content-length", "")
    return int(declared) if declared.isascii() and declared.isdigit() and len(declared) < 20 else None
