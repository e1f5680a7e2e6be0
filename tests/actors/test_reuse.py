"""A photo that was done before is answered by a copy, for the same user and the same work only."""

import os
import signal
from pathlib import Path

from actors.ids import new_id
from actors.records import BatchSpec, PhotoSpec
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
    here.ask("submit", BatchSpec(task, user, preset=dict(preset), output={"format": "same"}), sources)
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
    here.ask("delete", first)
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
