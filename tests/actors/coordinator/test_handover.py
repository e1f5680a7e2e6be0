"""A later release takes over: the coordinator makes way, its workers finish what they hold and leave."""

import pickle
from dataclasses import dataclass, field, is_dataclass, replace

import pytest
import ray

from actors import directory
from actors.client import GONE
from actors.messages import records
from actors.messages.versioned import versioned
from tests.actors.service import Service


def test_a_later_release_takes_over_and_no_photo_is_done_twice(service) -> None:
    here: Service = service(release=1.0)
    task = here.submit(*["sleep 0.1"] * 60)
    here.until(lambda: here.get(task)["counts"]["succeeded"] >= 5, "the first photos")
    old = here.pids()
    config = here.config
    here.config = replace(config, release=2.0, worker=replace(config.worker, release=2.0))
    directory.find_coordinator(config.namespace).hand_over.remote(2.0)  # it ends as it answers
    here.until(lambda: takes_over(here), "the new coordinator")
    batch = here.ended(task)
    assert batch["counts"]["succeeded"] == 60
    assert {photo["attempts"] for photo in here.photos(task)} == {1}
    new = here.ready()
    assert not set(new.values()) & set(old.values()), "all of them are of the new release"
    assert len(here.lines("done")) == 60


def takes_over(here: Service) -> bool:
    try:
        here.start()
        told = ray.get(directory.find_coordinator(here.config.namespace).stats.remote(), timeout=30)
    except GONE:  # the old one, whose name is not free yet
        return False
    return bool(told["release"] == 2.0)


def test_an_earlier_release_is_refused(service) -> None:
    here: Service = service(release=2.0)
    pid = here.pids()["coordinator"]
    assert here.ask(here.coordinator.hand_over(1.0)) is False
    assert here.ask(here.coordinator.hand_over(2.0)) is False
    assert here.pids()["coordinator"] == pid


@versioned
@dataclass(frozen=True, slots=True)
class Message:
    """As it is today."""

    one: int
    two: str = "nothing"
    three: list[int] = field(default_factory=list)


def received(*state: object) -> Message:
    """What comes of a message whose sender knows these fields."""
    made = object.__new__(Message)
    made.__setstate__(list(state))  # type: ignore[attr-defined]
    return made


def test_a_message_of_the_version_before_has_defaults_for_what_that_did_not_know() -> None:
    assert received(1) == Message(1)
    assert received(1, "two") == Message(1, "two")
    assert received(1).three is not received(1).three


def test_what_a_later_version_adds_is_passed_over() -> None:
    assert received(1, "two", [3], "four") == Message(1, "two", [3])


def test_a_message_that_lacks_what_it_must_have_is_an_error() -> None:
    with pytest.raises(TypeError, match="one"):
        received()


def test_all_messages_travel() -> None:
    hello = records.Hello("w", "n", "/crumb", True, [records.LeaseKey("b", 1, 2)], 3.0)
    assert pickle.loads(pickle.dumps(hello)) == hello  # noqa: S301 - our own bytes
    kinds = [kind for kind in vars(records).values() if isinstance(kind, type) and is_dataclass(kind)]
    assert len(kinds) > 8
    assert all(kind.__setstate__.__module__ == "actors.messages.versioned" for kind in kinds)  # type: ignore[attr-defined]
