"""Sources that name photos of a batch that is there: `batch:TASK_ID` for all of them, `batch:TASK_ID/3` for one."""

import re
from collections.abc import AsyncIterator

from actors.messages.coordinator_api import CoordinatorApi
from actors.messages.errors import BatchError
from deployments.wire.problems import ApiError

SCHEME = "batch:"
_OF_BATCH = re.compile(r"batch:(b[0-9a-hjkmnp-tv-z]{30})(?:/([0-9]{1,9}))?")
_PAGE = 500  # photos of one request to the coordinator
_KEPT = 20  # pages in memory

Known = tuple[str, str]
"""Source and name of a photo."""


def check_of_batch(source: str, field: str) -> None:
    """Raise ApiError `invalid_source` for what names no photos of a batch; looks no batch up."""
    if not _OF_BATCH.fullmatch(source):
        detail = f"{field} is not written as batch:TASK_ID for all photos of a batch, or batch:TASK_ID/3 for one."
        raise ApiError("invalid_source", detail, field)


class PhotosOfBatches:
    """Reads photos of batches for one request.

    A short request may name a large batch ten thousand times. So photos come a page at a time, for the caller to stop
    at a limit, and few pages are kept.
    """

    def __init__(self, coordinator: CoordinatorApi, caller: str | None) -> None:
        """`caller` owns the batches; None, without API keys: every batch is everybody's."""
        self._coordinator = coordinator
        self._caller = caller
        self._totals: dict[str, int] = {}
        self._pages: dict[tuple[str, int], list[Known]] = {}

    async def named_by(self, source: str, field: str) -> AsyncIterator[list[Known]]:
        """Yield what a checked source names, in pages; raises ApiError `invalid_source`, BatchError."""
        found = _OF_BATCH.fullmatch(source)
        if found is None:
            raise ValueError(source)
        task_id, index = found[1], found[2]
        try:
            total = await self._total(task_id)
            if index is None:
                for first in range(0, total, _PAGE):
                    yield (await self._page(task_id, first))[: total - first]
            elif int(index) < total:
                first, place = divmod(int(index), _PAGE)
                yield (await self._page(task_id, first * _PAGE))[place : place + 1]
            else:
                raise ApiError("invalid_source", f"{task_id} has {total} photos; the first is 0.", field)
        except BatchError as error:
            if error.code != "not_found":
                raise
            detail = f"There is no batch {task_id} whose photos could be named; it may have been deleted."
            raise ApiError("invalid_source", detail, field) from None

    async def _total(self, task_id: str) -> int:
        if task_id not in self._totals:
            batch = await self._coordinator.get(task_id)
            if self._caller is not None and batch["user_id"] != self._caller:
                raise BatchError("not_found", "")
            self._totals[task_id] = batch["counts"]["total"]
        return self._totals[task_id]

    async def _page(self, task_id: str, first: int) -> list[Known]:
        page = self._pages.get((task_id, first))
        if page is None:
            found = await self._coordinator.photos(task_id, None, _PAGE, str(first - 1) if first else None)
            if len(self._pages) >= _KEPT:
                self._pages.clear()
            page = self._pages[task_id, first] = [(view["source"], view["name"]) for view in found["items"]]
        return page
