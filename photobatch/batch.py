"""One batch, as its owner holds it."""

import asyncio
import os
from collections.abc import AsyncGenerator, Collection, Sequence
from pathlib import Path
from typing import Any

from photobatch.connection import Connection
from photobatch.downloads import Wanted, download_all
from photobatch.errors import InvalidRequestError
from photobatch.inputs import folder_identity
from photobatch.names import ResultNames
from photobatch.parallel import OnProgress
from photobatch.progress import ProgressEvent, follow
from photobatch.schemas import Batch, NewShare, Photo, PhotoList, PhotoStatus, Share, ShareList
from photobatch.uploads import Refused

_PAGE = 500


class AsyncBatch:
    """A batch of the service, by its id; made by `submit` and `batch` of a client. Holding one costs nothing.

    `refused` names the files of a submit that are not in the batch, each with its reason.
    """

    def __init__(
        self,
        connection: Connection,
        task_id: str,
        refused: Sequence[Refused] = (),
        folders: Collection[Path] = (),
    ) -> None:
        self._connection = connection
        self._path = f"/batch/{task_id}"
        self.task_id = task_id
        self.refused = tuple(refused)
        self._folders = frozenset(folders)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.task_id!r})"

    async def get(self) -> Batch:
        """Return the batch as it is now: status, counts, speed, time left."""
        return await self._connection.ask(Batch, "GET", self._path)

    async def progress(self, since: int | None = None) -> AsyncGenerator[ProgressEvent, None]:
        """Yield what happens until the batch ends; the last event is `done`. Lost connections are made again.

        Each event has the batch and the photos that changed. The first one has none, unless `since` is the version
        of an earlier event: then every photo that changed after it comes first (0: all that were worked on).
        """
        events = follow(self._connection, self.task_id, since)
        try:
            async for event in events:
                yield event
        finally:
            await events.aclose()

    async def wait(self, timeout_s: float | None = None) -> Batch:
        """Return the batch when it has ended; raises TimeoutError after `timeout_s`.

        A batch that failed raises nothing: look at `status` and `counts`. One that is paused is waited for.
        """
        async with asyncio.timeout(timeout_s):
            events = follow(self._connection, self.task_id, None)
            try:
                async for event in events:
                    last = event.batch
            finally:
                await events.aclose()
        return last

    async def photos(self, status: PhotoStatus | str | None = None) -> AsyncGenerator[Photo, None]:
        """Yield the photos in their order, all or those of one status (`failed`: each says why in `error`)."""
        cursor = None
        while True:
            params = {"status": status and PhotoStatus(status).value, "limit": _PAGE, "cursor": cursor}
            page = await self._connection.ask(PhotoList, "GET", f"{self._path}/photos", params=params)
            for photo in page.items:
                yield photo
            cursor = page.next_cursor
            if cursor is None:
                return

    async def results(self) -> list[Photo]:
        """Return the photos that have a result by now."""
        return [photo async for photo in self.photos(PhotoStatus.SUCCEEDED)]

    async def result(self, index: int) -> bytes:
        """Return the bytes of one result; raises NotFoundError (`not_ready`) as long as there is none."""
        return (await self._connection.send("GET", f"{self._path}/photos/{index}/result")).content

    async def download(
        self, folder: str | os.PathLike[str], *, parallel: int = 4, on_progress: OnProgress | None = None
    ) -> list[Path]:
        """Fetch all results that there are by now into a folder, which is made; return their paths, in order.

        Files are named by their photos (or the batch's template), safely for every system; of two photos of one name
        the second is `a (2).jpg`. What is there and right is left alone, another file of such a name is replaced: so
        name a folder of its own. What broke off goes on where it was when `download` is called again.
        `on_progress(done, total)` is called with every file that is there.
        Raises InvalidRequestError (`own_folder`) for a folder that this very batch was uploaded from.
        """
        place = Path(folder)
        await asyncio.to_thread(place.mkdir, parents=True, exist_ok=True)
        await asyncio.to_thread(self._refuse_own, place)
        names = ResultNames(await self.get())
        named = [(photo.result, names.take(photo)) async for photo in self.photos()]
        wanted = [Wanted(result, place / name) for result, name in named if result is not None]
        return await download_all(self._connection, wanted, parallel, on_progress)

    async def pause(self) -> Batch:
        """Begin no more photos; those that are being worked on finish."""
        return await self._control("pause")

    async def resume(self) -> Batch:
        """Go on after a pause."""
        return await self._control("resume")

    async def cancel(self) -> Batch:
        """Stop at once; finished results stay."""
        return await self._control("cancel")

    async def retry(self) -> Batch:
        """Work on the failed and cancelled photos again."""
        return await self._control("retry")

    async def delete(self) -> None:
        """Cancel the batch, and remove its record and files from the service."""
        await self._connection.send("DELETE", self._path)

    async def share(self, expires_in_s: int | None = None) -> NewShare:
        """Make a link to the results, for whoever has it; it lasts a week, and never longer than the batch."""
        asked: dict[str, Any] = {} if expires_in_s is None else {"expires_in_s": expires_in_s}
        made = await self._connection.ask(NewShare, "POST", f"{self._path}/share", json=asked, once=True)
        return made.model_copy(update={"url": self._connection.address.url + made.url})

    async def shares(self) -> list[Share]:
        """Return the links that are valid; their URLs are known to nobody but who has them."""
        return (await self._connection.ask(ShareList, "GET", f"{self._path}/share")).items

    async def revoke(self, share_id: str) -> None:
        """End a link at once."""
        await self._connection.send("DELETE", f"{self._path}/share/{share_id}")

    def _refuse_own(self, place: Path) -> None:
        """Raise where results would replace their originals."""
        if folder_identity(place) in {folder_identity(folder) for folder in self._folders}:
            said = f"The photos themselves are in {place}. Choose another folder, so that none is overwritten."
            raise InvalidRequestError("own_folder", said)

    async def _control(self, action: str) -> Batch:
        return await self._connection.ask(Batch, "POST", f"{self._path}/{action}")
