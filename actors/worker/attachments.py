"""The files that a preset names beside the photo: the mask for erase, and the LUT."""

from collections import OrderedDict
from collections.abc import Mapping

from actors.messages.errors import SourceError
from actors.messages.records import BatchSpec, Json
from actors.sources.fetch import Fetcher
from storage.blobs import Blobs
from storage.errors import BlobNotFoundError, InvalidKeyError
from storage.keys import lut_key

Attached = Mapping[str, bytes]
"""Files by the parameter that names them: `mask`, `lut`."""

KEPT = 4  # for a few batches that take turns


class Attachments:
    """Fetches attachments and caches the last few. A mask is fetched again for each batch, because it may change."""

    def __init__(self, fetcher: Fetcher, blobs: Blobs) -> None:
        self._fetcher = fetcher
        self._blobs = blobs
        self._kept: OrderedDict[tuple[str, str], bytes] = OrderedDict()

    async def fetch(self, job: BatchSpec, params: Json | None) -> Attached:
        """Return the attachments of a photo with these parameters; raises SourceError, StorageError."""
        named = job.params_of(params)
        found: dict[str, bytes] = {}
        if mask := named.get("mask"):
            found["mask"] = await self._remembered((job.task_id, mask))
        if lut := named.get("lut"):
            found["lut"] = await self._remembered(("", lut))
        return found

    async def _remembered(self, key: tuple[str, str]) -> bytes:
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        batch, name = key
        data = await (self._mask(name) if batch else self._lut(name))
        self._kept[key] = data
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return data

    async def _mask(self, source: str) -> bytes:
        try:
            return await self._fetcher.fetch(source)
        except SourceError as error:
            raise SourceError(error.code, f"The mask can't be fetched. {error.detail}", error.retryable) from None

    async def _lut(self, sha256: str) -> bytes:
        try:
            return await self._blobs.get(lut_key(sha256))
        except (BlobNotFoundError, InvalidKeyError):
            raise SourceError("unknown_lut", f"There is no LUT {sha256:.80}; bring it by POST /api/v1/luts.") from None
