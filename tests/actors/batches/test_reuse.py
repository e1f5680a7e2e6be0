"""A photo that was done before is answered by a copy, for the same user and the same work only."""

import os
import signal
from pathlib import Path

from actors.batches.batch import Batch
from actors.batches.events import Leased, Reported
from actors.batches.reuse import Reuse
from actors.messages.ids import new_id
from actors.messages.records import BatchSpec, LeaseKey, Outcome, PhotoSpec
from actors.photos.report import Report
from tests.actors.new_batch import new_batch
from tests.actors.service import Service

SCRIPTS = ["sleep 0", "sleep 0.01", "bad"]


def again(here: Service, user: str = "ann", params: dict | None = None, **preset: str) -> str:
    """Hand in the same three photos and return the ended batch's id."""
    sources = []
    for number, script in enumerate(SCRIPTS):
        path = here.folder / f"{number}.txt"
        path.write_text(f"{number} {script}")
        sources.append(PhotoSpec(path.as_uri(), path.name, params))
    task = new_id("b")
    here.ask(here.coordinator.submit(BatchSpec(task, user, preset=dict(preset), output={"format": "same"}), sources))
    here.ended(task)
    return task


def reused(here: Service, task: str) -> list[bool]:
    return [photo["reused"] for photo in here.photos(task)]


def test_the_same_photo_is_not_computed_twice(service) -> None:
    here = service()
    first, second = again(here), again(here)
    assert reused(here, first) == [False, False, False]
    assert reused(here, second) == [True, True, False], "what failed is tried anew"
    assert len(here.lines("done")) == 2
    here.ask(here.coordinator.delete(first))
    here.until(lambda: not [key for key in here.stored() if first in key], "the first batch to go")
    for photo in here.photos(second)[:2]:
        result = Path(here.folder / "blobs" / photo["result"]["key"])
        assert result.read_text() == str(photo["index"])
        assert (here.folder / "blobs" / photo["result"]["thumbnail_key"]).read_bytes() == b"small"
    os.kill(here.pids()["coordinator"], signal.SIGKILL)
    assert reused(here, again(here)) == [True, True, False], "a copy is as good as the first, restarts included"
    assert len(here.lines("done")) == 2


def test_other_work_or_another_user_is_not_the_same(service) -> None:
    here = service()
    again(here)
    assert reused(here, again(here, user="bob")) == [False] * 3
    assert reused(here, again(here, id="other")) == [False] * 3
    assert reused(here, again(here, params={"exposure": 1})) == [False] * 3
    assert reused(here, again(here, params={"exposure": 1})) == [True, True, False]


def test_it_can_be_switched_off(service) -> None:
    here = service(reuse=False)
    again(here)
    assert reused(here, again(here)) == [False] * 3


def test_results_that_were_taken_away_are_made_anew(service) -> None:
    here = service()
    first = again(here)
    for key in here.stored():
        if first in key:
            (here.folder / "blobs" / key).unlink()
    second = again(here)
    assert reused(here, second) == [False] * 3
    assert [photo["status"] for photo in here.photos(second)] == ["succeeded", "succeeded", "failed"]


async def test_whatever_was_done_is_found_however_long_ago_and_whoever_asks_meanwhile() -> None:
    batches = {f"{user}{n}": done_batch(user, f"{user}{n}", n) for n in range(30) for user in ("ann", "bob")}
    reuse = Reuse(batches.values(), in_memory, on=True)
    for user, other in (("ann", "bob"), ("bob", "ann")):
        asking = batch_of(user, f"{user}-now")
        reuse.made(asking)
        for n in (29, 0, 15):
            found = await reuse.find(asking, 0, "engine", f"{user}-{n}")
            assert found is not None
            assert found.key == LeaseKey(f"{user}{n}", 0, 1)
            assert await reuse.find(asking, 0, "engine", f"{other}-{n}") is None
        for gone in (15, 0):
            reuse.forget(batches[f"{user}{gone}"])
            assert await reuse.find(asking, 0, "engine", f"{user}-{gone}") is None
        assert await reuse.find(asking, 0, "engine", f"{user}-1") is not None
        assert await reuse.find(asking, 0, "another engine", f"{user}-1") is None


async def test_of_two_that_did_the_same_photo_the_earlier_answers_when_the_later_is_gone() -> None:
    earlier, later = done_batch("ann", "one", 7), done_batch("ann", "two", 7, at=2.0)
    asking = batch_of("ann", "now")
    reuse = Reuse([earlier, later, asking], in_memory, on=True)
    found = await reuse.find(asking, 0, "engine", "ann-7")
    assert found is not None
    assert found.key.task_id == "two"
    reuse.forget(later)
    found = await reuse.find(asking, 0, "engine", "ann-7")
    assert found is not None
    assert found.key.task_id == "one"


async def in_memory(batch: Batch) -> Batch:
    return batch


def batch_of(user: str, task_id: str, at: float = 1.0) -> Batch:
    return new_batch(BatchSpec(task_id, user, {"id": "p"}, {}), [PhotoSpec("file:///a.jpg", "a.jpg")], at)


def done_batch(user: str, task_id: str, number: int, at: float = 1.0) -> Batch:
    batch = batch_of(user, task_id, at)
    batch.apply(3, 2.0, Leased("w", [(0, 1)], alone=False))
    result = {"input_sha256": f"{user}-{number}"}
    outcome = Outcome(LeaseKey(task_id, 0, 1), result=result, engine="engine")
    batch.apply(4, 3.0, Reported([Report.of(outcome, None)]))
    return batch
