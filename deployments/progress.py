"""The messages of one client that follows a batch: WebSocket and event stream say the same."""

import asyncio
from collections.abc import AsyncGenerator

from deployments import wire
from deployments.feed import SPACING_S, Feeds, Update, read_update
from deployments.problems import ApiError
from deployments.services import Coordinator
from photobatch.schemas import ProgressMessage

PAGE = 500
SILENCE_S = 15.0
MAX_SINCE = 2**53 - 1


def read_since(text: str | None, field: str) -> int | None:
    """Return the version that a client came back with; raises ApiError."""
    if text is None or text == "":
        return None
    if not (text.isascii() and text.isdigit() and int(text) <= MAX_SINCE):
        raise ApiError("invalid_request", f"{field} must be the version of a message that you got.", field)
    return int(text)


async def follow(
    coordinator: Coordinator, feeds: Feeds, task_id: str, since: int | None, silence_s: float = SILENCE_S
) -> AsyncGenerator[ProgressMessage, None]:
    """Yield a batch's progress until it ends: what is, then what changes, at last `done`.

    Raises BatchError `not_found` (also when it is deleted meanwhile), ApiError for a `since` that is yet to come.
    """
    update = await _catch_up(coordinator, task_id, since)
    for message in pages(update, since):
        yield message
    if not update.ended:
        with feeds.listen(task_id, update.version) as listener:
            behind = listener.since > update.version
            while not update.ended:
                await asyncio.sleep(SPACING_S)
                version = update.version
                fresh = await (_catch_up(coordinator, task_id, version) if behind else listener.next(silence_s))
                behind = False
                if fresh is None:
                    yield ProgressMessage(type="ping")
                elif fresh.version > version:
                    update = fresh
                    for message in pages(update, version):
                        yield message
    yield ProgressMessage(type="done", version=update.version, batch=update.batch)


def pages(update: Update, since: int | None) -> list[ProgressMessage]:
    """Return the messages of one update.

    All but the last carry `more` and the version from which the client could come back: it has not seen everything of
    the new one yet.
    """
    photos = [update.photos[index] for index in sorted(update.photos)]
    slices = [photos[first : first + PAGE] for first in range(0, len(photos), PAGE)] or [[]]
    last = len(slices) - 1
    return [
        ProgressMessage(
            type="progress",
            version=update.version if place == last else since,
            batch=update.batch,
            photos=part,
            more=place != last,
        )
        for place, part in enumerate(slices)
    ]


async def _catch_up(coordinator: Coordinator, task_id: str, since: int | None) -> Update:
    """Return the batch and, with `since`, every photo that changed after it."""
    if since is None:
        return read_update(await coordinator.ask("watch", task_id, 0, 0.0))
    while True:
        told = await coordinator.ask("watch", task_id, max(since, 1), 0.0)  # 0 would leave the photos out
        if told is not None:
            return read_update(told)
        view = await coordinator.ask("get", task_id)
        if view["version"] < since:
            raise ApiError("invalid_request", "since is a version that this batch has not reached.", "since")
        if view["version"] == since:
            batch = wire.batch(view)
            return Update(batch, {}, batch.status in wire.ENDED)
