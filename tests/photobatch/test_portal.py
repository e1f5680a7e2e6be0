"""The shadow of an asynchronous object: what it waits for, and how it stops."""

import asyncio
import gc
import inspect
import os
import subprocess
import sys
import threading
from collections.abc import AsyncGenerator, Iterator

import pytest

from photobatch import batch, client, looks, sync
from photobatch.portal import Portal, Shadow, iterating, waiting

PAIRS = [
    (batch.AsyncBatch, sync.Batch),
    (client.AsyncPhotoBatch, sync.PhotoBatch),
    (looks.AsyncPresets, sync.Presets),
    (looks.AsyncLuts, sync.Luts),
]


class Counting:
    """Counts, and notes how it ended."""

    def __init__(self) -> None:
        self.ended: list[str] = []
        self.closed = threading.Event()

    async def count(self, to: int) -> AsyncGenerator[int, None]:
        try:
            for number in range(to):
                await asyncio.sleep(0)
                yield number
        finally:
            self.closed.set()

    def kept(self, to: int) -> AsyncGenerator[int, None]:
        self.items = self.count(to)  # so that it is not closed just because nobody holds it
        return self.items

    async def fail(self) -> None:
        raise TimeoutError("of its own")

    async def leave(self) -> None:
        raise SystemExit(3)

    async def name(self) -> str:
        return threading.current_thread().name


class Waiting(Shadow[Counting]):
    count = iterating(Counting.count)
    kept = iterating(Counting.kept)
    fail = waiting(Counting.fail)
    leave = waiting(Counting.leave)
    name = waiting(Counting.name)


@pytest.fixture
def shadow() -> Iterator[Waiting]:
    shadow = Waiting(Portal(), Counting())
    yield shadow
    shadow._portal.stop()


def test_values_errors_and_iterators_come_through(shadow: Waiting) -> None:
    assert shadow.name() == "photobatch"
    assert list(shadow.count(3)) == [0, 1, 2]
    with pytest.raises(TimeoutError, match="of its own"):
        shadow.fail()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_nobody_waits_for_a_thread_that_has_ended(shadow: Waiting) -> None:
    with pytest.raises((RuntimeError, SystemExit)):
        shadow.leave()
    shadow._portal._thread.join(10)
    with pytest.raises(RuntimeError, match="closed"):
        shadow.name()


async def test_it_waits_where_a_loop_runs_already(shadow: Waiting) -> None:
    assert list(shadow.count(3)) == [0, 1, 2]


def test_an_iterator_that_is_left_is_closed(shadow: Waiting) -> None:
    for _ in shadow.kept(1000):
        break
    assert shadow._inner.closed.wait(10)


def test_several_threads_may_wait_at_once(shadow: Waiting) -> None:
    found: list[list[int]] = []
    threads = [threading.Thread(target=lambda: found.append(list(shadow.count(100)))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [list(range(100))] * 4


def test_the_thread_ends_with_the_portal() -> None:
    before = threading.active_count()
    closed, forgotten = Portal(), Portal()
    assert threading.active_count() == before + 2
    closed.stop()
    closed.stop()
    del forgotten
    gc.collect()
    assert threading.active_count() == before
    with pytest.raises(RuntimeError, match="closed"):
        closed.run(Counting().name())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_forked_child_is_told() -> None:
    program = """
import os, sys
from photobatch import PhotoBatch
client = PhotoBatch("http://127.0.0.1:1", max_retries=0)
child = os.fork()
try:
    client.stats()
except Exception as error:
    print(type(error).__name__, flush=True)
if child:
    os.waitpid(child, 0)
"""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program], check=False, capture_output=True, text=True, timeout=60
    )
    assert sorted(done.stdout.split()) == ["RuntimeError", "UnavailableError"], done.stderr


@pytest.mark.parametrize(("asynchronous", "shadow"), PAIRS)
def test_the_shadow_has_every_method_and_what_it_says(asynchronous: type, shadow: type) -> None:
    methods = {name for name in vars(asynchronous) if not name.startswith("_")} - {"aclose"}
    assert {name for name in vars(shadow) if not name.startswith("_")} >= methods
    for name in methods:
        theirs, ours = getattr(asynchronous, name), getattr(shadow, name)
        assert ours.__doc__ == theirs.__doc__
        if callable(theirs):  # not a property
            assert list(inspect.signature(ours).parameters) == list(inspect.signature(theirs).parameters)


def test_both_clients_are_made_alike() -> None:
    assert inspect.signature(client.AsyncPhotoBatch) == inspect.signature(sync.PhotoBatch)
