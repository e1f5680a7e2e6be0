"""Whether the journal can be worked with: asked before anything is started."""

from contextlib import suppress

from deployments.settings import Settings
from storage.errors import StorageError
from storage.position import Position, read_position


def check_journal(settings: Settings) -> None:
    """Raise StorageError, with what to do, for a journal that cannot be worked with."""
    if settings.redis_url:
        from storage.redis_log import check_behind, check_redis  # noqa: PLC0415 - for those who have one

        check_redis(settings.redis_url)
        check_behind(settings.redis_url, _known(settings), settings.journal_accept)


def _known(settings: Settings) -> Position | None:
    with suppress(StorageError):  # the blob store is checked after this, with a sentence of its own
        return read_position(settings.blobs)
    return None
