"""Photos that are appended to an open batch."""

import asyncio
from collections.abc import Sequence

from photobatch.connection import Connection, as_json
from photobatch.schemas import AppendRequest, Batch, PhotoInput
from photobatch.uploads import Refused

_AT_ONCE = 1000


async def append(connection: Connection, task_id: str, photos: Sequence[PhotoInput], at: int) -> Batch:
    """Append photos to a batch that has `at` photos, and return it; may be repeated. Raises PhotoBatchError."""
    batch: Batch | None = None
    for first in range(0, len(photos), _AT_ONCE):
        body = as_json(AppendRequest(photos=list(photos[first : first + _AT_ONCE])), exclude_unset=True)
        batch = await connection.ask(Batch, "POST", f"/batch/{task_id}/photos", params={"at": at}, json=body)
        at = batch.counts.total  # a source may stand for several photos
    assert batch is not None, "there is a photo"  # noqa: S101
    return batch


class Appender:
    """Appends photos in their order, each as soon as those before it are there."""

    def __init__(self, connection: Connection, task_id: str) -> None:
        self._connection = connection
        self._task_id = task_id
        self._ready: dict[int, PhotoInput | Refused] = {}
        self._next = 0  # place of the next photo
        self._at = 0  # photos of the batch
        self._one_at_a_time = asyncio.Lock()

    async def take(self, place: int, photo: PhotoInput | Refused) -> None:
        """Take the photo of a place; refused ones are left out. Raises PhotoBatchError."""
        self._ready[place] = photo
        async with self._one_at_a_time:
            some: list[PhotoInput] = []
            while (one := self._ready.pop(self._next, None)) is not None:
                self._next += 1
                some += [one] if isinstance(one, PhotoInput) else []
            if some:
                self._at = (await append(self._connection, self._task_id, some, self._at)).counts.total
