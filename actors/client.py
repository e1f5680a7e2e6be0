"""Calls to the coordinator that outlive its death: they look it up again until one answers."""

import asyncio
import time
from typing import Any

from ray.exceptions import RayError, RayTaskError

from actors import directory
from actors.messages.errors import BatchError

GONE = (RayError, ValueError)  # ValueError: no actor of that name. Few of Ray's errors share a narrower base
RETRY_S = 0.1
HELD_S = 5.0  # whoever kept a call for so long was there until just now: it waited for its journal, say
_LARGE = frozenset({"submit"})  # to pickle 100,000 photos takes half a second, of nobody else


class CoordinatorClient:
    """`await client.ask("get", task_id)`: the coordinator's method of that name.

    Raises what the method raises, and BatchError `unavailable` when no coordinator answered within `patience_s`. Every
    method of the coordinator may be repeated, so a call whose answer was lost is simply made again.
    """

    def __init__(self, namespace: str, patience_s: float = 30.0, answer_s: float | None = None) -> None:
        self._namespace = namespace
        self._patience_s = patience_s
        self._answer_s = answer_s  # for one that is there and does not answer: it waits for its journal
        self._handle: Any = None

    async def ask(self, method: str, *args: Any) -> Any:
        """Call a method of the coordinator and return its answer."""
        deadline: float | None = None  # counts from the loss
        while True:
            asked: float | None = None
            try:
                if self._handle is None:
                    self._handle = directory.find_coordinator(self._namespace)
                asked = time.monotonic()
                async with asyncio.timeout(self._answer_s):
                    call = getattr(self._handle, method).remote
                    return await (await asyncio.to_thread(call, *args) if method in _LARGE else call(*args))
            except TimeoutError:
                raise _unavailable() from None
            except RayTaskError as error:
                raise error.cause from None
            except GONE:
                self._handle = None
                held = asked is not None and time.monotonic() - asked > HELD_S  # not the time that looking it up took
                if deadline is None or held:
                    deadline = time.monotonic() + self._patience_s
                if time.monotonic() > deadline:
                    raise _unavailable() from None
                await asyncio.sleep(RETRY_S)


def _unavailable() -> BatchError:
    return BatchError("unavailable", "The service is restarting; try again in a few seconds.", retry_after_s=5.0)
