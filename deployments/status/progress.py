"""The messages to a client that follows a batch, the same by WebSocket and event stream."""

import asyncio
from collections.abc import AsyncGenerator

from deployments.status.feed import SPACING_S, Feeds
from deployments.status.update import Message
from deployments.wire.problems import ApiError

SILENCE_S = 15.0
MAX_SINCE = 2**53 - 1


def read_since(text: str | None, field: str) -> int | None:
    """Return the version with which a client returns; raises ApiError."""
    if text is None or text == "":
        return None
    if not (text.isascii() and text.isdigit() and int(text) <= MAX_SINCE):
        raise ApiError("invalid_request", f"{field} must be the version of a message that you got.", field)
    return int(text)


async def follow(
    feeds: Feeds, task_id: str, since: int | None, silence_s: float = SILENCE_S
) -> AsyncGenerator[Message, None]:
    """Yield a batch's progress until it ends: the current state, then changes, at last `done`.

    Raises BatchError `not_found` (also when it is deleted meanwhile), ApiError for a `since` in the future.
    """
    update = await feeds.catch_ups.get(task_id, since)
    for message in update.pages(since):
        yield message
    if not update.ended:
        with feeds.listen(task_id, update.version) as listener:
            behind = listener.since > update.version
            while not update.ended:
                await asyncio.sleep(SPACING_S)
                version = update.version
                fresh = await (feeds.catch_ups.get(task_id, version) if behind else listener.next(silence_s))
                behind = False
                if fresh is None:
                    yield Message(type="ping")
                elif fresh.version > version:
                    update = fresh
                    for message in update.pages(version):
                        yield message
    yield Message(type="done", version=update.version, batch=update.batch)
