"""Callbacks as their receiver sees them: signed, repeated until they arrive, once the end is durable."""

import asyncio
import hashlib
import hmac
import json
import os
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from actors.coordinator.callbacks import PATIENCE_S
from actors.coordinator.config import CallbackConfig
from actors.messages.ids import new_id
from actors.messages.records import BatchSpec, PhotoSpec
from storage.blobs import open_blobs
from tests.actors.coordinator.receiver import Receiver, dead_host
from tests.actors.scripted import as_json
from tests.deployments.in_process import InProcess

SECRET = "a secret"


CALLBACKS = CallbackConfig(SECRET, as_json, frozenset({"127.0.0.1"}))


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    one = Receiver(answers=(500, 302))
    yield one
    one.close()


def test_an_end_is_told_until_it_arrives_and_signed(service, receiver: Receiver) -> None:
    here = service(callbacks=CALLBACKS)
    task = here.submit("sleep 0", "bad", callback_url=receiver.url)
    here.ended(task)
    here.until(lambda: len(receiver.calls) == 3, "the third call to arrive")
    for headers, body in receiver.calls:
        said = hmac.new(SECRET.encode(), headers["X-Photobatch-Timestamp"].encode() + b"." + body, hashlib.sha256)
        assert headers["X-Photobatch-Signature"] == f"sha256={said.hexdigest()}"
        message = json.loads(body)
        assert message["event"] == "batch.completed"
        assert message["batch"]["task_id"] == task
        assert message["batch"]["counts"]["succeeded"] == 1
    other = here.submit("bad", callback_url=receiver.url)
    here.until(lambda: len(receiver.calls) == 4, "the next batch's call")
    assert json.loads(receiver.calls[3][1])["batch"]["task_id"] == other, "what has arrived is not told again"
    assert json.loads(receiver.calls[3][1])["event"] == "batch.failed"


def test_a_call_that_is_owed_outlives_the_coordinator(service) -> None:
    first = Receiver()
    first.close()  # nobody is there yet
    here = service(callbacks=CALLBACKS)
    task = here.submit("sleep 5", callback_url=first.url)
    here.control(task, "cancel")
    old = here.pids()["coordinator"]
    os.kill(old, signal.SIGKILL)
    later = Receiver(first.port)
    here.until(lambda: later.calls, "the call of the next coordinator")
    assert here.pids()["coordinator"] != old
    assert json.loads(later.calls[0][1])["event"] == "batch.cancelled"
    later.close()


def test_a_retry_is_told_when_it_has_ended_too(service, receiver: Receiver) -> None:
    here = service(callbacks=CALLBACKS)
    task = here.submit("bad", callback_url=receiver.url)
    here.until(lambda: len(receiver.calls) == 3, "the first end to arrive")
    here.control(task, "retry")
    here.until(lambda: len(receiver.calls) == 4, "the second end to arrive")


def test_an_address_inside_is_never_called(service, receiver: Receiver) -> None:
    here = service(callbacks=CallbackConfig(SECRET, as_json))
    here.ended(here.submit("sleep 0", callback_url=receiver.url))
    here.ended(here.submit("sleep 1.5"))  # long enough for a call to be tried
    assert receiver.calls == []


def test_calls_are_dated_and_wait_longer_each_time(service) -> None:
    failing = Receiver(answers=(503, 503))
    here = service(callbacks=CALLBACKS)
    began = time.time()
    here.submit("bad", callback_url=failing.url)
    here.until(lambda: len(failing.calls) == 3, "the third call to arrive")
    stamps = [int(headers["X-Photobatch-Timestamp"]) for headers, _ in failing.calls]
    assert int(began) <= stamps[0] <= stamps[-1] <= time.time()
    assert len({headers["X-Photobatch-Signature"] for headers, _ in failing.calls}) == len(set(stamps))
    failing.close()


def test_a_redirect_is_no_arrival_and_leads_nowhere(service) -> None:
    elsewhere = Receiver()
    moved = Receiver(answers=(307,), location=elsewhere.url)
    here = service(callbacks=CALLBACKS)
    here.submit("bad", callback_url=moved.url)
    here.until(lambda: len(moved.calls) == 2, "the call to be repeated")
    assert elsewhere.calls == []
    for one in (moved, elsewhere):
        one.close()


@pytest.mark.parametrize(
    "url",
    [
        "http://127.1:{port}/",
        "http://2130706433:{port}/",
        "http://localhost.:{port}/",
        "http://[::ffff:127.0.0.1]:{port}/",
    ],
)
def test_other_spellings_of_an_address_inside_are_not_called_either(service, receiver: Receiver, url: str) -> None:
    here = service(callbacks=CallbackConfig(SECRET, as_json, frozenset({"127.0.0.1:1", "elsewhere"})))
    here.ended(here.submit("sleep 0", callback_url=url.format(port=receiver.port)))
    here.ended(here.submit("sleep 1.5"))
    assert receiver.calls == []


# --- Several users and hosts: the coordinator in this process. One look is one second of its housekeeping. ------------


@pytest.fixture
async def coordinator(tmp_path: Path) -> AsyncIterator[InProcess]:
    one = InProcess(tmp_path, open_blobs("memory://"), callbacks=CALLBACKS, max_queue=1000)
    yield one
    one.shut()


async def ended(coordinator: InProcess, user: str, url: str, batches: int = 1) -> list[str]:
    """End so many batches of a user, whose end is to be told to an address."""
    tasks = []
    for _ in range(batches):
        spec = BatchSpec(new_id("b"), user, preset={}, output={}, callback_url=url)
        tasks.append((await coordinator.submit(spec, [PhotoSpec("https://a.org/1.jpg", "1.jpg")]))["task_id"])
        coordinator.work(tasks[-1], 0)
    return tasks


async def soon(condition: Callable[[], object], what: str) -> None:
    """Wait for less than a call to a dead host may take: whoever waits for one comes too late."""
    deadline = time.monotonic() + 0.8 * PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, what
        await asyncio.sleep(0.01)


def told(receiver: Receiver) -> list[str]:
    return [json.loads(body)["batch"]["task_id"] for _, body in receiver.calls]


async def test_a_dead_host_holds_up_nobody_else(coordinator: InProcess) -> None:
    live = Receiver()
    async with dead_host() as dead:
        await ended(coordinator, "ann", dead.url, 40)
        coordinator._callbacks.tick()
        await soon(lambda: dead.open, "the dead host to be called")
        [own] = await ended(coordinator, "ann", live.url)
        [other] = await ended(coordinator, "ben", live.url)
        coordinator._callbacks.tick()
        await soon(lambda: {own, other} <= {*told(live)}, "calls to a host that answers")
        assert dead.open <= 4
    live.close()


async def test_a_user_of_many_dead_hosts_holds_up_nobody_else(coordinator: InProcess) -> None:
    live = Receiver()
    async with AsyncExitStack() as stack:
        dead = [await stack.enter_async_context(dead_host()) for _ in range(40)]
        for host in dead:
            await ended(coordinator, "ann", host.url)
        coordinator._callbacks.tick()
        await soon(lambda: any(host.open for host in dead), "a dead host to be called")
        await ended(coordinator, "ben", live.url)
        coordinator._callbacks.tick()
        await soon(lambda: told(live), "the other user's call")
        assert sum(host.open for host in dead) <= 8
    live.close()


async def test_whoever_never_hears_from_a_host_leaves_others_room_there(coordinator: InProcess) -> None:
    """Ann's address is dead and Ben's is not, at the same host and port."""
    async with dead_host() as host:
        await ended(coordinator, "ann", host.url, 10)
        coordinator._callbacks.tick()
        await soon(lambda: host.open == 2, "Ann's calls")
        await ended(coordinator, "ben", host.url)
        coordinator._callbacks.tick()
        await soon(lambda: host.open == 3, "Ben's call")


async def test_users_take_turns(coordinator: InProcess) -> None:
    slow = Receiver(delay_s=0.05)
    many = await ended(coordinator, "ann", slow.url, 30)
    [one] = await ended(coordinator, "ben", slow.url)
    coordinator._callbacks.tick()
    await soon(lambda: len(slow.calls) == 31, "all of them, without another second of housekeeping")
    assert told(slow).index(one) <= 4
    assert {*told(slow)} == {*many, one}
    slow.close()


async def test_a_call_that_waits_its_turn_is_not_made_for_a_batch_that_is_gone(coordinator: InProcess) -> None:
    slow = Receiver(delay_s=0.2)
    tasks = await ended(coordinator, "ann", slow.url, 5)
    coordinator._callbacks.tick()
    await coordinator.delete(tasks[-1])
    await ended(coordinator, "ann", slow.url)
    await soon(lambda: len(slow.calls) == 4, "the others")
    coordinator._callbacks.tick()
    await soon(lambda: len(slow.calls) == 5, "the last one")
    assert tasks[-1] not in told(slow)
    slow.close()
