"""An event loop in a thread of its own, which runs the asynchronous client for synchronous callers.

So there is only one implementation of the client. It also works where a loop runs already (Jupyter). Ctrl-C
interrupts a wait: the running call is cancelled and has cleaned up before KeyboardInterrupt is raised.
"""

import asyncio
import functools
import os
import threading
import weakref
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from concurrent.futures import Future, wait
from contextlib import suppress
from inspect import get_annotations, signature
from types import GenericAlias
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar, get_args

P = ParamSpec("P")
A = TypeVar("A")
R = TypeVar("R")
S = TypeVar("S")
T = TypeVar("T")

_LOOK_S = 0.5  # on Windows only this lets Ctrl-C through
_CLEAN_UP_S = 5.0


class Portal:
    """Runs coroutines until `stop`, until it is garbage-collected, or until the interpreter ends."""

    def __init__(self) -> None:
        ready: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()
        thread = threading.Thread(target=lambda: asyncio.run(_turn(ready)), name="photobatch", daemon=True)
        thread.start()
        self._loop, end = ready.result()
        self._process = os.getpid()
        self._thread = thread
        self._end = weakref.finalize(self, _end, self._loop, end, thread)

    @property
    def open(self) -> bool:
        """Whether it can run anything: not after `stop`, nor in a forked child, which lacks the thread."""
        return self._end.alive and self._process == os.getpid() and self._thread.is_alive()

    def run(self, work: Coroutine[Any, Any, R]) -> R:
        """Run a coroutine and return its result. Raises RuntimeError on a closed client."""
        if not self.open:
            work.close()
            raise RuntimeError("This client is closed, or was made before a fork. Make a new one.")
        ended = threading.Event()
        future = asyncio.run_coroutine_threadsafe(_telling(work, ended), self._loop)
        try:
            while not future.done() and self._thread.is_alive():
                wait([future], _LOOK_S)
        except BaseException:
            future.cancel()
            ended.wait(_CLEAN_UP_S)
            raise
        if not future.done():  # e.g. a callback that raises SystemExit ends the loop
            raise RuntimeError("The thread that does this client's work has ended.")
        return future.result()

    def let_go(self, items: AsyncGenerator[Any, None]) -> None:
        """Close a generator without waiting: the garbage collector may call this in the loop's own thread."""
        if self.open:
            asyncio.run_coroutine_threadsafe(items.aclose(), self._loop)

    def stop(self) -> None:
        """Cancel everything that runs, and end the thread."""
        self._end()


class Shadow(Generic[A]):
    """A synchronous object whose methods wait for those of an asynchronous one."""

    def __init__(self, portal: Portal, inner: A) -> None:
        self._portal = portal
        self._inner = inner

    def __repr__(self) -> str:
        return repr(self._inner).removeprefix("Async")


def waiting(method: Callable[Concatenate[A, P], Coroutine[Any, Any, R]]) -> Callable[Concatenate[Any, P], R]:
    """Return a method that waits for a coroutine method, with the same parameters and documentation."""

    @functools.wraps(method)
    def call(self: Shadow[A], /, *args: P.args, **kwargs: P.kwargs) -> R:
        return self._portal.run(method(self._inner, *args, **kwargs))

    return call


def waiting_for(
    kind: Callable[[Portal, R], S], method: Callable[Concatenate[A, P], Coroutine[Any, Any, R]]
) -> Callable[Concatenate[Any, P], S]:
    """Return a method that waits and returns a synchronous object in turn."""

    @functools.wraps(method)
    def call(self: Shadow[A], /, *args: P.args, **kwargs: P.kwargs) -> S:
        return kind(self._portal, self._portal.run(method(self._inner, *args, **kwargs)))

    return _returning(kind, call)


def iterating(
    method: Callable[Concatenate[A, P], AsyncGenerator[T, None]],
) -> Callable[Concatenate[Any, P], Iterator[T]]:
    """Return a generator method that waits for each item of an asynchronous one."""

    @functools.wraps(method)
    def call(self: Shadow[A], /, *args: P.args, **kwargs: P.kwargs) -> Iterator[T]:
        items = method(self._inner, *args, **kwargs)
        try:
            while True:
                try:
                    item = self._portal.run(_next(items))
                except StopAsyncIteration:
                    return
                yield item
        finally:
            self._portal.let_go(items)

    item = get_args(get_annotations(method)["return"])[0]
    return _returning(GenericAlias(Iterator, (item,)), call)


def _returning(kind: Any, call: Callable[P, R]) -> Callable[P, R]:
    """Let `help` and editors show what a method returns, which differs from what its asynchronous twin does."""
    shown: Any = call
    shown.__signature__ = signature(call).replace(return_annotation=kind)
    shown.__annotations__ = {**call.__annotations__, "return": kind}
    return call


async def _next(items: AsyncGenerator[T, None]) -> T:
    return await anext(items)


async def _telling(work: Coroutine[Any, Any, R], ended: threading.Event) -> R:
    try:
        return await work
    finally:
        ended.set()


async def _turn(ready: "Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]]") -> None:
    end = asyncio.Event()
    ready.set_result((asyncio.get_running_loop(), end))
    await end.wait()


def _end(loop: asyncio.AbstractEventLoop, end: asyncio.Event, thread: threading.Thread) -> None:
    with suppress(RuntimeError):  # the loop has ended by itself
        loop.call_soon_threadsafe(end.set)
    if threading.current_thread() is not thread:  # the garbage collector runs in any thread
        thread.join(_CLEAN_UP_S)
