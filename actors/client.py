"""Calls to the coordinator that outlive its death: they look it up again until one answers."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from functools import update_wrapper
from typing import Any, Concatenate, ParamSpec, TypeVar

from ray.exceptions import RayError, RayTaskError

from actors import directory
from actors.messages.coordinator_api import CoordinatorApi
from actors.messages.errors import BatchError

# ValueError: no actor of that name. Few of Ray's errors share a narrower base.
GONE = (RayError, ValueError)
RETRY_S = 0.1
HELD_S = 5.0  # whoever kept a call for so long was there until just now: it waited for its journal, say

_Args = ParamSpec("_Args")
_Answer = TypeVar("_Answer")
_Call = Callable[Concatenate["CoordinatorClient", _Args], Coroutine[Any, Any, _Answer]]


def _passed_on(
    call: Callable[Concatenate[CoordinatorApi, _Args], Coroutine[Any, Any, _Answer]],
) -> "_Call[_Args, _Answer]":
    """Return a method of the client that has the coordinator answer this call."""

    async def pass_on(client: "CoordinatorClient", /, *args: _Args.args, **kwargs: _Args.kwargs) -> _Answer:
        answer: _Answer = await client._call(call.__name__, *args, **kwargs)
        return answer

    update_wrapper(pass_on, call)
    return pass_on


class CoordinatorClient:
    """The coordinator, wherever it is just now.

    A call raises what the coordinator raises, and BatchError `unavailable` when none answered within `patience_s`.
    """

    def __init__(self, namespace: str, patience_s: float = 30.0, answer_s: float | None = None) -> None:
        self._namespace = namespace
        self._patience_s = patience_s
        self._answer_s = answer_s  # for one that is there and does not answer: it waits for its journal
        self._handle: Any = None

    reserve = _passed_on(CoordinatorApi.reserve)
    release = _passed_on(CoordinatorApi.release)
    submit = _passed_on(CoordinatorApi.submit)
    append = _passed_on(CoordinatorApi.append)
    adjust = _passed_on(CoordinatorApi.adjust)
    rename = _passed_on(CoordinatorApi.rename)
    get = _passed_on(CoordinatorApi.get)
    list_batches = _passed_on(CoordinatorApi.list_batches)
    photos = _passed_on(CoordinatorApi.photos)
    photo = _passed_on(CoordinatorApi.photo)
    watch = _passed_on(CoordinatorApi.watch)
    control = _passed_on(CoordinatorApi.control)
    delete = _passed_on(CoordinatorApi.delete)
    list_presets = _passed_on(CoordinatorApi.list_presets)
    find_preset = _passed_on(CoordinatorApi.find_preset)
    create_preset = _passed_on(CoordinatorApi.create_preset)
    change_preset = _passed_on(CoordinatorApi.change_preset)
    delete_preset = _passed_on(CoordinatorApi.delete_preset)
    list_luts = _passed_on(CoordinatorApi.list_luts)
    find_lut = _passed_on(CoordinatorApi.find_lut)
    check_lut = _passed_on(CoordinatorApi.check_lut)
    put_lut = _passed_on(CoordinatorApi.put_lut)
    delete_lut = _passed_on(CoordinatorApi.delete_lut)
    make_share = _passed_on(CoordinatorApi.make_share)
    list_shares = _passed_on(CoordinatorApi.list_shares)
    check_share = _passed_on(CoordinatorApi.check_share)
    revoke_share = _passed_on(CoordinatorApi.revoke_share)
    hold_upload = _passed_on(CoordinatorApi.hold_upload)
    release_uploads = _passed_on(CoordinatorApi.release_uploads)
    greet = _passed_on(CoordinatorApi.greet)
    hand_over = _passed_on(CoordinatorApi.hand_over)
    stats = _passed_on(CoordinatorApi.stats)
    metrics = _passed_on(CoordinatorApi.metrics)
    previewer = _passed_on(CoordinatorApi.previewer)
    exchange = _passed_on(CoordinatorApi.exchange)
    unfit = _passed_on(CoordinatorApi.unfit)
    find = _passed_on(CoordinatorApi.find)

    async def _call(self, method: str, *args: Any, **kwargs: Any) -> Any:
        deadline: float | None = None  # counts from the loss
        while True:
            asked: float | None = None
            try:
                if self._handle is None:
                    self._handle = directory.find_coordinator(self._namespace)
                asked = time.monotonic()
                async with asyncio.timeout(self._answer_s):
                    call = getattr(self._handle, method).remote
                    if method in _LARGE:
                        return await (await asyncio.to_thread(call, *args, **kwargs))
                    return await call(*args, **kwargs)
            except TimeoutError:
                raise _unavailable() from None
            except RayTaskError as error:
                raise error.cause from None
            except (*GONE, AttributeError):  # AttributeError: of an earlier release, which ours is about to replace
                self._handle = None
                held = asked is not None and time.monotonic() - asked > HELD_S  # not the time that looking it up took
                if deadline is None or held:
                    deadline = time.monotonic() + self._patience_s
                if time.monotonic() > deadline:
                    raise _unavailable() from None
                await asyncio.sleep(RETRY_S)


_LARGE = frozenset({CoordinatorApi.submit.__name__})  # to pickle 100,000 photos takes half a second, of nobody else
_API: type[CoordinatorApi] = CoordinatorClient  # mypy finds here what is missing, or differs


def _unavailable() -> BatchError:
    return BatchError("unavailable", "The service is restarting; try again in a few seconds.", retry_after_s=5.0)
