"""Callbacks as their receiver sees them: signed, repeated until they arrive, once the end is durable."""

import hashlib
import hmac
import json
import os
import signal
import time
from collections.abc import Iterator

import pytest

from actors.config import CallbackConfig
from tests.actors.receiver import Receiver
from tests.actors.scripted import as_json

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
    here.ask("control", task, "cancel")
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
    here.ask("control", task, "retry")
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
