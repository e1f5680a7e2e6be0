"""Catch-up: the first answer for clients that connect, requested once for all that need the same at about one time."""

import asyncio
from collections import OrderedDict

from actors.messages.coordinator_api import CoordinatorApi
from actors.messages.records import Json
from deployments.status.update import Update, read_update
from deployments.wire import wire
from deployments.wire.problems import ApiError

KEPT_S = 1.0  # how long an answer may be reused
KEPT = 32  # most answers kept
KEPT_PHOTOS = 20_000  # in all kept answers

_Key = tuple[str, int | None]  # task id, and the version with which clients return


class _Shared:
    """The request that clients with the same task and version share."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.next: asyncio.Task[Update] | None = None  # a request that is not sent yet
        self.update: Update | None = None  # the last answer
        self.until = 0.0  # when it is dropped, by the loop's clock

    @property
    def busy(self) -> bool:
        return self.lock.locked() or self.next is not None


class CatchUps:
    """Requests catch-ups. No answer is older than the request of the client that gets it.

    A client that comes during a request shares the next one with all others who come by then. A kept answer is always
    completed with the changes since then, which costs little.
    """

    def __init__(self, coordinator: CoordinatorApi) -> None:
        self._coordinator = coordinator
        self._shared: OrderedDict[_Key, _Shared] = OrderedDict()  # least recently requested first

    def __len__(self) -> int:
        return len(self._shared)

    @property
    def photos(self) -> int:
        """How many photos are kept."""
        return sum(len(shared.update.photos) for shared in self._shared.values() if shared.update)

    async def get(self, task_id: str, since: int | None) -> Update:
        """Return the batch and, with `since`, every photo that changed after it; raises BatchError, ApiError."""
        key = task_id, since
        shared = self._shared.setdefault(key, _Shared())
        if shared.next is None:
            shared.next = asyncio.ensure_future(self._round(key, shared))
            shared.next.add_done_callback(_heard)
        return await asyncio.shield(shared.next)

    async def _round(self, key: _Key, shared: _Shared) -> Update:
        try:
            async with shared.lock:
                shared.next = None
                shared.update = await self._ask(*key, shared.update)
                return shared.update
        except BaseException:
            shared.update = None
            raise
        finally:
            self._keep(key, shared)

    async def _ask(self, task_id: str, since: int | None, known: Update | None) -> Update:
        if since is None:  # only the batch
            return _without_photos(await self._coordinator.get(task_id))
        if known is not None:
            told = await self._coordinator.watch(task_id, known.version, 0.0)
            return known if told is None else known.then(read_update(told))
        while True:
            told = await self._coordinator.watch(task_id, max(since, 1), 0.0)  # 0 would omit the photos
            if told is not None:
                return read_update(told)
            view = await self._coordinator.get(task_id)
            if view["version"] < since:
                raise ApiError("invalid_request", "since is a version that this batch has not reached.", "since")
            if view["version"] == since:
                return _without_photos(view)

    def _keep(self, key: _Key, shared: _Shared) -> None:
        """Keep an answer for a moment, and drop old or surplus ones."""
        loop = asyncio.get_running_loop()
        shared.until = loop.time() + KEPT_S
        self._shared.move_to_end(key)
        loop.call_later(KEPT_S, self._tidy)
        self._tidy()

    def _tidy(self) -> None:
        now = asyncio.get_running_loop().time()
        photos = self.photos
        for key, shared in list(self._shared.items()):
            too_much = len(self._shared) > KEPT or photos > KEPT_PHOTOS
            if not shared.busy and (too_much or shared.until <= now or shared.update is None):
                photos -= len(shared.update.photos) if shared.update else 0
                del self._shared[key]


def _without_photos(view: Json) -> Update:
    batch = wire.batch(view)
    return Update(batch, {}, batch.status in wire.ENDED)


def _heard(question: asyncio.Task[Update]) -> None:
    """Retrieve an error although all clients may have left, so that asyncio does not log it."""
    if not question.cancelled():
        question.exception()
