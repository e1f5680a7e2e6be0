"""The handle of one batch."""

import asyncio
import os
from collections.abc import AsyncGenerator, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from photobatch.appending import append
from photobatch.connection import Connection
from photobatch.downloads import Wanted, download_all
from photobatch.errors import InvalidRequestError, WaitTimeoutError
from photobatch.inputs import folder_identity
from photobatch.naming.formats import EXTENSIONS
from photobatch.naming.results import ResultNames
from photobatch.parallel import OnProgress
from photobatch.photos import PhotoLike, photos_of
from photobatch.progress import ProgressEvent, follow
from photobatch.schemas import Batch, NewShare, Photo, PhotoList, PhotoStatus, ResultVariant, Share, ShareList
from photobatch.uploads import Refused, none_left, upload_all

_PAGE = 500


class AsyncBatch:
    """A batch of the service, by its id; made by `submit` and `batch` of a client. A handle holds no resources.

    `refused` lists the files of a submit that are not in the batch, each with its reason.
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

    @property
    def source(self) -> str:
        """Names all its photos: submit it with another preset. With `/3` at the end it names one of them."""
        return f"batch:{self.task_id}"

    async def get(self) -> Batch:
        """Return the current state of the batch: status, counts, speed, time left."""
        return await self._connection.ask(Batch, "GET", self._path)

    async def progress(self, since: int | None = None) -> AsyncGenerator[ProgressEvent, None]:
        """Yield progress until the batch ends; the last event is `done`. Reconnects after a lost connection.

        Each event has the batch and the photos that changed. The first one has no photos, unless `since` is the version
        of an earlier event: then it has every photo that changed since then (0: all photos that changed at all).
        """
        events = follow(self._connection, self.task_id, since)
        try:
            async for event in events:
                yield event
        finally:
            await events.aclose()

    async def wait(self, timeout_s: float | None = None) -> Batch:
        """Return the batch when it has ended; raises WaitTimeoutError, a TimeoutError, after `timeout_s`.

        A failed batch raises nothing: see `status` and `counts`. A paused batch is waited for.
        """
        last: Batch | None = None
        events = follow(self._connection, self.task_id, None)
        try:
            async with asyncio.timeout(timeout_s):
                async for event in events:
                    last = event.batch
        except TimeoutError:
            raise _not_ended(self.task_id, timeout_s, last) from None
        finally:
            await events.aclose()
        return last or await self.get()

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
        """Return the photos that have a result so far."""
        return [photo async for photo in self.photos(PhotoStatus.SUCCEEDED)]

    async def result(self, index: int, variant: str | None = None) -> bytes:
        """Return the bytes of one result, or of one of its variants; raises NotFoundError (`not_ready`) without one."""
        path = f"{self._path}/photos/{index}/result"
        return (await self._connection.send("GET", path, params={"variant": variant})).content

    async def download(
        self, folder: str | os.PathLike[str], *, parallel: int = 4, on_progress: OnProgress | None = None
    ) -> list[Path]:
        """Download all results so far into a folder, which is created; return their paths, in order.

        Files are named by their photos (or the batch's template), with names that every system accepts; a second
        `a.jpg` is `a (2).jpg`. Variants (`also` of the output options) are in folders of their names. Correct existing
        files are kept, other files of such a name are replaced, so use a folder that holds nothing else. Interrupted
        downloads continue when `download` is called again.
        `on_progress(done, total)` is called for every complete file.
        Raises InvalidRequestError (`own_folder`) for the folder from which this batch was uploaded.
        """
        place = Path(folder)
        await asyncio.to_thread(place.mkdir, parents=True, exist_ok=True)
        await asyncio.to_thread(self._refuse_own, place)
        batch = await self.get()
        names = names_of(batch)
        folders = {variant.name: names_of(batch, variant.format) for variant in batch.output.also}
        wanted = list[Wanted]()
        async for photo in self.photos():
            name, result = names.take(*told_of(photo)), photo.result
            wanted += [] if result is None else [Wanted(result, place / name)]
            found = {one.name: one for one in result.also} if result else {}
            for variant, inside in folders.items():
                name = inside.take(*told_of(photo, found.get(variant)))
                wanted += [Wanted(found[variant], place / variant / name)] if variant in found else []
        for variant in folders if wanted else ():
            await asyncio.to_thread((place / variant).mkdir, exist_ok=True)
        return await download_all(self._connection, wanted, parallel, on_progress)

    async def pause(self) -> Batch:
        """Pause: begin no more photos; begun photos finish."""
        return await self._control("pause")

    async def resume(self) -> Batch:
        """Continue after a pause."""
        return await self._control("resume")

    async def cancel(self) -> Batch:
        """Cancel at once; finished results stay."""
        return await self._control("cancel")

    async def retry(self) -> Batch:
        """Compute the failed and cancelled photos again."""
        return await self._control("retry")

    async def append(
        self,
        photos: PhotoLike | Iterable[PhotoLike],
        *,
        at: int | None = None,
        recursive: bool = False,
        parallel: int = 4,
        on_progress: OnProgress | None = None,
    ) -> Batch:
        """Append photos to an open batch, and return it; `photos` as in `submit`, files are uploaded first.

        Files that are not photos are left out and join `refused`. `at` says how many photos the batch has before them,
        which is asked otherwise: a call that is repeated after a crash with the same `at` and the same `upload:…`
        sources appends nothing twice. Raises ConflictError (`batch_closed`, or `append_conflict` if somebody else
        appends at the same time), InvalidRequestError.
        """
        if at is None:
            at = (await self.get()).counts.total
        given = await asyncio.to_thread(photos_of, photos, recursive=recursive)
        sources, refused = await upload_all(self._connection, given, parallel, on_progress)
        if not sources:
            raise none_left(refused)
        self.refused += tuple(refused)
        self._folders |= {photo.source.parent for photo in given if isinstance(photo.source, Path)}
        return await append(self._connection, self.task_id, sources, at)

    async def close(self) -> Batch:
        """Close an open batch: no more photos come, and it ends when all have ended."""
        return await self._control("close")

    async def rename(self, name: str | None) -> Batch:
        """Give the batch another name; None: none."""
        return await self._connection.ask(Batch, "PATCH", self._path, json={"name": name})

    async def adjust(self, index: int, params: Mapping[str, Any]) -> Photo:
        """Compute a photo again with these parameters of its own, and return it; {}: none of its own any more.

        The batch goes on for it, also when it had ended. If it fails, the photo is as before, with `adjust_error`.
        Raises ConflictError (`photo_active`) while the photo waits or is computed, InvalidRequestError.
        """
        body = {"preset_params": dict(params)}
        return await self._connection.ask(Photo, "POST", f"{self._path}/photos/{index}/adjust", json=body)

    async def delete(self) -> None:
        """Cancel the batch, and remove its record and files from the service."""
        await self._connection.send("DELETE", self._path)

    async def share(
        self,
        expires_in_s: int | None = None,
        *,
        title: str | None = None,
        sender: str | None = None,
        originals: bool = False,
    ) -> NewShare:
        """Create a link to the results, open to everybody who has it, for a week but not longer than the batch.

        `title` and `sender` stand above the photos. With `originals` the photos as they came are shown beside the
        results, and may be saved.
        """
        asked: dict[str, Any] = {"title": title, "sender": sender, "originals": originals}
        if expires_in_s is not None:
            asked["expires_in_s"] = expires_in_s
        made = await self._connection.ask(NewShare, "POST", f"{self._path}/share", json=asked, once=True)
        return made.model_copy(update={"url": self._connection.address.url + made.url})

    async def shares(self) -> list[Share]:
        """Return the valid links, without their URLs, which the service does not keep."""
        return (await self._connection.ask(ShareList, "GET", f"{self._path}/share")).items

    async def revoke(self, share_id: str) -> None:
        """Revoke a link at once."""
        await self._connection.send("DELETE", f"{self._path}/share/{share_id}")

    def _refuse_own(self, place: Path) -> None:
        """Raise if results would replace their originals."""
        if folder_identity(place) in {folder_identity(folder) for folder in self._folders}:
            said = f"The photos themselves are in {place}. Choose another folder, so that none is overwritten."
            raise InvalidRequestError("own_folder", said)

    async def _control(self, action: str) -> Batch:
        return await self._connection.ask(Batch, "POST", f"{self._path}/{action}")


def names_of(batch: Batch, wanted: str = "same") -> ResultNames:
    """Return what names the results of a batch; `wanted` is the format of a variant, in a folder of its own."""
    output, preset = batch.output, batch.preset
    chosen = output.format if wanted == "same" else wanted
    return ResultNames(output.name, preset.id or preset.type, chosen, batch.created_at)


def told_of(photo: Photo, variant: ResultVariant | None = None) -> tuple[str, int, str | None, str | None]:
    """Return what the name of a photo's result is made of, as arguments for `ResultNames`."""
    result = photo.result
    if result is None:
        return photo.name, photo.index, None, None
    made = (variant or result).format
    extension = EXTENSIONS.get(made, f".{made}").removeprefix(".")
    return photo.name, photo.index, extension, result.taken


def _not_ended(task_id: str, timeout_s: float | None, last: Batch | None) -> WaitTimeoutError:
    so_far = ""
    if last is not None:
        done = last.counts.total - last.counts.queued - last.counts.processing
        so_far = f": {done} of {last.counts.total} photos are done"
    said = f"Batch {task_id} has not ended within {timeout_s:g} s{so_far}. It goes on; wait again, or cancel it."
    return WaitTimeoutError("wait_timeout", said)
