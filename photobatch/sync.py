"""The synchronous client: the methods of photobatch.client without `await`."""

from types import TracebackType
from typing import Self

import httpx

from photobatch.batch import AsyncBatch
from photobatch.client import AsyncPhotoBatch
from photobatch.looks import AsyncLuts, AsyncPresets
from photobatch.portal import Portal, Shadow, iterating, waiting, waiting_for
from photobatch.uploads import Refused


class Batch(Shadow[AsyncBatch]):
    """A batch of the service, by its id; made by `submit` and `batch` of a client. A handle holds no resources."""

    @property
    def task_id(self) -> str:
        """The id of the batch."""
        return self._inner.task_id

    @property
    def refused(self) -> tuple[Refused, ...]:
        """The files of a submit that are not in the batch, each with its reason."""
        return self._inner.refused

    @property
    def source(self) -> str:
        """Names all its photos: submit it with another preset. With `/3` at the end it names one of them."""
        return self._inner.source

    get = waiting(AsyncBatch.get)
    progress = iterating(AsyncBatch.progress)
    wait = waiting(AsyncBatch.wait)
    photos = iterating(AsyncBatch.photos)
    results = waiting(AsyncBatch.results)
    result = waiting(AsyncBatch.result)
    download = waiting(AsyncBatch.download)
    pause = waiting(AsyncBatch.pause)
    resume = waiting(AsyncBatch.resume)
    cancel = waiting(AsyncBatch.cancel)
    retry = waiting(AsyncBatch.retry)
    append = waiting(AsyncBatch.append)
    close = waiting(AsyncBatch.close)
    rename = waiting(AsyncBatch.rename)
    adjust = waiting(AsyncBatch.adjust)
    delete = waiting(AsyncBatch.delete)
    share = waiting(AsyncBatch.share)
    shares = waiting(AsyncBatch.shares)
    revoke = waiting(AsyncBatch.revoke)


class Presets(Shadow[AsyncPresets]):
    """Presets: built-in ones, your own, and shared ones."""

    list = waiting(AsyncPresets.list)
    get = waiting(AsyncPresets.get)
    create = waiting(AsyncPresets.create)
    put = waiting(AsyncPresets.put)
    delete = waiting(AsyncPresets.delete)
    duplicate = waiting(AsyncPresets.duplicate)
    read_xmp = waiting(AsyncPresets.read_xmp)
    preview = waiting(AsyncPresets.preview)


class Luts(Shadow[AsyncLuts]):
    """Your LUTs; presets name one in `lut`."""

    list = waiting(AsyncLuts.list)
    put = waiting(AsyncLuts.put)
    delete = waiting(AsyncLuts.delete)


class PhotoBatch(Shadow[AsyncPhotoBatch]):
    """The client of a photobatch service. Use it with `with`, or call `close`; several threads may share one.

    `url` and `api_key` default to PHOTOBATCH_URL (or this machine's port 8001) and PHOTOBATCH_API_KEY. `uploads` files
    are sent at once. If the service is unreachable or busy, requests are retried `max_retries` times, with growing
    waits: 12 retries take about a minute. A service that is silent for `timeout` seconds is unreachable. `http_client`
    sends the requests, for proxies, certificates and the like; it gets no key of its own, and is not closed here. All
    methods raise PhotoBatchError and its subclasses. Ctrl-C
    interrupts any call; the batch continues.
    """

    def __init__(
        self,
        url: str | None = None,
        api_key: str | None = None,
        *,
        uploads: int = 4,
        timeout: float = 60.0,
        max_retries: int = 12,
        http_client: httpx.AsyncClient | None = None,
    ) -> None:
        inner = AsyncPhotoBatch(
            url, api_key, uploads=uploads, timeout=timeout, max_retries=max_retries, http_client=http_client
        )
        super().__init__(Portal(), inner)
        self.presets = Presets(self._portal, inner.presets)
        self.luts = Luts(self._portal, inner.luts)

    submit = waiting_for(Batch, AsyncPhotoBatch.submit)
    check = waiting(AsyncPhotoBatch.check)
    upload = waiting(AsyncPhotoBatch.upload)
    batches = iterating(AsyncPhotoBatch.batches)
    stats = waiting(AsyncPhotoBatch.stats)
    health = waiting(AsyncPhotoBatch.health)

    def batch(self, task_id: str) -> Batch:
        """Return the handle of a batch, without a request to the service."""
        return Batch(self._portal, self._inner.batch(task_id))

    def close(self) -> None:
        """Close the connections to the service. Idempotent."""
        if self._portal.open:
            self._portal.run(self._inner.aclose())
            self._portal.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
