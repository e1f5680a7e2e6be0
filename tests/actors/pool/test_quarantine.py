"""A node that loses more workers than its share is used no more for a while; a bad batch holds no node."""

import pytest

from actors.pool.quarantine import Quarantine
from actors.pool.worker_record import Kind, Place

GOOD, BAD, GPU = Place("good", Kind.CPU), Place("bad", Kind.CPU), Place("bad", Kind.GPU)


class World:
    """A quarantine whose clock the test turns."""

    def __init__(self, *places: Place) -> None:
        self.now = 1000.0
        self.places = set(places)
        self.quarantine = Quarantine(lambda: self.now)
        self._photo = 0

    def lose(self, place: Place, times: int, photo: object = None) -> None:
        """Lose workers there, each with a photo of its own unless one is named."""
        for _ in range(times):
            self._photo += 1
            self.quarantine.died(place, photo or ("b", self._photo), self.now)
            self.now += 1

    def do(self, place: Place, times: int) -> None:
        for _ in range(times):
            self.quarantine.did(place)

    def held(self) -> set[Place]:
        self.quarantine.judge(self.places)
        return set(self.quarantine.held)


def test_a_node_that_loses_every_photo_is_held() -> None:
    world = World(GOOD, BAD)
    world.do(GOOD, 20)
    world.lose(BAD, 2)
    assert world.held() == set(), "two may be chance"
    world.lose(BAD, 1)
    assert world.held() == {BAD}
    told = world.quarantine.view()
    assert [(each["node"], each["kind"]) for each in told] == [("bad", "cpu")]
    assert told[0]["reason"] == "3 workers died there of 3 photos, elsewhere 0 of 20"


def test_a_gpu_is_held_alone() -> None:
    world = World(GOOD, BAD, GPU)
    world.do(BAD, 50)
    world.lose(GPU, 3)
    assert world.held() == {GPU}


@pytest.mark.parametrize("done", [0, 20])
def test_photos_that_kill_workers_everywhere_hold_nothing(done: int) -> None:
    world = World(GOOD, BAD)
    for place in (GOOD, BAD):
        world.do(place, done)
        world.lose(place, 10)
    assert world.held() == set()


def test_one_photo_that_kills_is_its_own_fault() -> None:
    world = World(GOOD, BAD)
    world.do(GOOD, 100)
    world.lose(BAD, 9, photo=("b", 7))
    assert world.held() == set()


def test_a_few_deaths_among_many_photos_are_not_more_than_a_share() -> None:
    world = World(GOOD, BAD)
    world.do(GOOD, 1000)
    world.do(BAD, 100)
    world.lose(BAD, 5)
    assert world.held() == set()


def test_the_only_node_is_never_held() -> None:
    world = World(BAD)
    world.lose(BAD, 50)
    assert world.held() == set()


def test_the_last_good_node_is_never_held() -> None:
    world = World(GOOD, BAD)
    world.do(GOOD, 9)
    world.lose(BAD, 3)
    assert world.held() == {BAD}
    world.lose(GOOD, 30)
    assert world.held() == {BAD}


def test_workers_that_die_together_of_nothing_are_one_accident() -> None:
    world = World(GOOD, BAD)
    world.do(GOOD, 9)
    born = world.now - 100
    for _ in range(10):
        world.quarantine.died(BAD, None, born)
        world.now += 0.1
    assert world.held() == set()
    for _ in range(2):  # and these were started after the one before had died
        world.now += 1
        world.quarantine.died(BAD, None, world.now)
    assert world.held() == {BAD}


def test_a_place_is_tried_again_and_held_for_longer_each_time() -> None:
    world = World(GOOD, BAD)
    lasted = []
    for _ in range(3):
        world.do(GOOD, 9)
        world.lose(BAD, 3)
        assert world.held() == {BAD}
        begun = world.now
        while world.held():
            world.now += 60
        lasted.append(world.now - begun)
    assert lasted == [600, 1200, 2400]


def test_what_is_long_ago_counts_no_more() -> None:
    world = World(GOOD, BAD)
    world.lose(BAD, 2)
    world.now += 1000
    world.do(GOOD, 9)
    world.lose(BAD, 2)
    assert world.held() == set()


def test_a_node_that_is_gone_is_forgotten() -> None:
    world = World(GOOD, BAD)
    world.do(GOOD, 9)
    world.lose(BAD, 3)
    assert world.held() == {BAD}
    world.places = {GOOD}
    assert world.held() == set()
    assert world.quarantine.view() == []


def test_a_place_that_cannot_work_is_held_at_once() -> None:
    world = World(GPU)
    world.quarantine.hold(GPU, "the driver is too old")
    world.quarantine.hold(GPU, "said by another worker")
    assert [each["reason"] for each in world.quarantine.view()] == ["the driver is too old"]
