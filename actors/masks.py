"""The pictures that say what is to be erased; one for a whole batch is fetched once."""

from collections import OrderedDict

from actors.errors import SourceError
from actors.fetch import Fetcher
from actors.records import BatchSpec, Json

KEPT = 4  # masks, of a few batches that take turns


class Masks:
    """Fetches masks and keeps the last few. An address is asked once a batch: what it names may change in between."""

    def __init__(self, fetcher: Fetcher) -> None:
        self._fetcher = fetcher
        self._kept: OrderedDict[tuple[str, str], bytes] = OrderedDict()

    async def fetch(self, job: BatchSpec, params: Json | None) -> bytes | None:
        """Return the mask of a photo with these parameters of its own, None if it has none; raises SourceError."""
        source = job.mask_of(params)
        if source is None:
            return None
        key = job.task_id, source
        if key not in self._kept:
            try:
                self._kept[key] = await self._fetcher.fetch(source)
            except SourceError as error:
                raise SourceError(error.code, f"The mask can't be fetched. {error.detail}", error.retryable) from None
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]
