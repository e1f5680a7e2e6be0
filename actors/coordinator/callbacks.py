"""Callbacks: report the end of a batch to the address that its client named."""

import asyncio
import hashlib
import hmac
import logging
import time
from collections.abc import Callable

import httpcore

from actors.batches.batch import Batch
from actors.batches.events import Called
from actors.batches.ledger import Ledger
from actors.coordinator.callback_line import AT_ONCE, CallbackLine
from actors.coordinator.config import CallbackConfig
from actors.messages.records import Json
from actors.photos.retries import backoff_s
from actors.sources.network import CheckedNetwork
from actors.sources.web_address import web_address

log = logging.getLogger(__name__)

PATIENCE_S = 10.0
FIRST_S = 2.0
LONGEST_S = 3600.0


class Callbacks:
    """Calls each ended batch's callback_url until it answers 2xx, or until the batch is removed.

    The batches themselves are the outbox: events in the journal say that a call is owed and how each try ended.
    Delivery is at least once: if a coordinator dies between a call and its event, the next one calls again.
    """

    def __init__(self, config: CallbackConfig | None, ledger: Ledger, view: Callable[[Batch], Json]) -> None:
        self._config = config
        self._ledger = ledger
        self._view = view
        self._line = CallbackLine()
        self._calls: set[asyncio.Task[None]] = set()
        network = CheckedNetwork(config.allowed_hosts if config else frozenset())
        self._pool = httpcore.AsyncConnectionPool(network_backend=network, max_connections=AT_ONCE)

    def tick(self) -> None:
        """Begin the calls that are due, as far as there is room for them."""
        if self._config is None:
            return
        now = time.time()
        self._line.wait(batch for batch in self._ledger.batches.values() if batch.owes_call and batch.call_due <= now)
        self._go_on(self._config)

    def _go_on(self, config: CallbackConfig) -> None:
        while batch := self._line.next():
            if self._ledger.batches.get(batch.spec.task_id) is not batch or not batch.owes_call:  # deleted or retried
                self._line.over(batch)
                continue
            call = asyncio.ensure_future(self._call(config, batch))
            self._calls.add(call)
            call.add_done_callback(self._calls.discard)

    async def _call(self, config: CallbackConfig, batch: Batch) -> None:
        task_id, end = batch.spec.task_id, batch.finished_at
        try:
            body = config.encode({"event": f"batch.{batch.state}", "batch": self._view(batch)})
            await self._ledger.durable()  # a crash must not take back a reported end
            failed = await self._post(config, str(batch.spec.callback_url), body)
            if failed:
                log.warning("callback failed", extra={"batch": task_id, "calls": batch.calls + 1, "reason": failed})
            if self._ledger.batches.get(task_id) is batch:  # not deleted meanwhile
                again = None if not failed else time.time() + backoff_s(batch.calls, FIRST_S, LONGEST_S)
                self._ledger.record(batch, Called(end, again))
        finally:
            self._line.over(batch)
        self._go_on(config)

    async def _post(self, config: CallbackConfig, url: str, body: bytes) -> str | None:
        """Return why the call did not arrive, None when it did."""
        stamp = str(int(time.time()))
        signature = hmac.new(config.secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        headers: list[tuple[bytes | str, bytes | str]] = [
            ("Content-Type", "application/json"),
            ("User-Agent", "photobatch"),
            ("X-Photobatch-Timestamp", stamp),
            ("X-Photobatch-Signature", f"sha256={signature}"),
        ]
        try:
            async with (
                asyncio.timeout(PATIENCE_S),
                self._pool.stream("POST", web_address(url), headers=headers, content=body) as response,
            ):
                return None if 200 <= response.status < 300 else f"HTTP {response.status}"
        except Exception as error:  # noqa: BLE001 - whatever their host does to us, it is tried again later
            return type(error).__name__
