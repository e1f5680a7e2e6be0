"""`photobatch submit --watch-folder`, killed at every step: each photo is in one batch."""

import asyncio
import json
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest

from photobatch.watching.ledger import Ledger
from photobatch.watching.record import Record
from photobatch.watching.stamp import Stamp, stamp
from tests.deployments.conftest import World
from tests.photobatch.typed import Typist

Process = subprocess.Popen[str]


@dataclass
class Watched:
    """A folder, and the command that watches it."""

    world: World
    typist: Typist
    folder: Path

    def start(self, *more: str) -> Process:
        options = ("--preset", "filter_warm", "--name", "{counter:04}_{stem}", *more)
        return self.typist.start("submit", "--watch-folder", self.folder, *options)

    @property
    def place(self) -> Path:
        """The journal of the command, once there is one."""
        (found,) = (self.typist.folder / "home").rglob("watched/*.jsonl")
        return found

    def lines(self) -> list[dict[str, Any]]:
        found = (self.typist.folder / "home").rglob("watched/*.jsonl")
        return [json.loads(line) for path in found for line in path.read_text().splitlines()]

    async def journal(self, step: str, times: int = 1) -> None:
        await until(lambda: sum(step in line for line in self.lines()) == times)

    async def batches(self) -> list[dict[str, Any]]:
        """The batches, the earliest first."""
        found = (await self.world.http.get("/api/v1/batch")).json()["items"]
        return list(reversed(found))

    async def photos(self, batch: dict[str, Any]) -> list[str]:
        found = (await self.world.http.get(f"/api/v1/batch/{batch['task_id']}/photos")).json()["items"]
        return [photo["name"] for photo in found]


@pytest.fixture
def watched(world: World, typist: Typist) -> Watched:
    home = typist.folder / "home"
    typist.environment |= {"HOME": str(home), "XDG_CONFIG_HOME": str(home)}
    (folder := typist.folder / "wedding").mkdir()
    return Watched(world, typist, folder)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def kill(process: Process) -> None:
    process.kill()
    await asyncio.to_thread(process.communicate)


async def stop(process: Process) -> tuple[str, str]:
    process.send_signal(signal.SIGINT)
    told, wrong = await asyncio.to_thread(process.communicate)
    assert process.returncode == 0, wrong
    return told, wrong


@pytest.mark.parametrize("step", ["sources", "task", "appended"])
async def test_each_photo_is_in_one_batch_wherever_the_command_is_killed(
    watched: Watched, jpeg: bytes, step: str
) -> None:
    for name in ("a.jpg", "b.jpg"):
        (watched.folder / name).write_bytes(jpeg)
    process = watched.start()
    await watched.journal(step)
    await kill(process)
    (watched.folder / "c.jpg").write_bytes(jpeg)
    (watched.folder / "text.pdf").write_bytes(b"x")
    process = watched.start()
    await watched.journal("appended", 2)
    told, wrong = await stop(process)
    (batch,) = await watched.batches()
    assert "not taken: 1 .pdf." in wrong
    assert f"photobatch fetch {batch['task_id']} --out DIR" in wrong
    assert step == "sources" or f"{batch['task_id']} goes on" in wrong
    assert (batch["name"], batch["open"], await watched.photos(batch)) == (
        "wedding",
        False,
        ["a.jpg", "b.jpg", "c.jpg"],
    )
    assert set(told.split()) <= {batch["task_id"]}


async def test_photos_that_a_closed_or_deleted_batch_did_not_take_go_to_the_next(watched: Watched, jpeg: bytes) -> None:
    http = watched.world.http
    (watched.folder / "a.jpg").write_bytes(jpeg)
    process = watched.start("--json")
    await watched.journal("appended")
    await kill(process)
    # The next request was sent, and the service kept one of its two photos when it crashed. Then the batch was closed.
    (batch,) = await watched.batches()
    sources = []
    for name in ("b.jpg", "c.jpg"):
        (watched.folder / name).write_bytes(jpeg)
        sources.append((await http.post("/api/v1/uploads", params={"name": name}, content=jpeg)).json()["source"])
    with Record(watched.place) as record:
        ledger, paths = Ledger(record), [watched.folder / name for name in ("b.jpg", "c.jpg")]
        ledger.take([(path, cast("Stamp", stamp(path))) for path in paths])
        ledger.sent(sources)
    path = f"/api/v1/batch/{batch['task_id']}"
    await http.post(f"{path}/photos", params={"at": 1}, json={"image_urls": sources[:1]})
    await http.post(f"{path}/close")
    process = watched.start("--json")
    await watched.journal("appended", 2)
    batches = await watched.batches()
    assert [await watched.photos(one) for one in batches] == [["a.jpg", "b.jpg"], ["c.jpg"]]

    await http.delete(f"/api/v1/batch/{batches[-1]['task_id']}")
    (watched.folder / "d.jpg").write_bytes(jpeg)
    await watched.journal("appended", 3)
    told, _ = await stop(process)
    last = (await watched.batches())[-1]
    assert await watched.photos(last) == ["d.jpg"]
    said = [json.loads(line) for line in told.splitlines()]
    assert said[-1] == {"task_id": last["task_id"], "photos": [str(watched.folder / "d.jpg")]}


async def test_what_does_not_fit_a_watched_folder_is_refused(world: World, typist: Typist) -> None:
    (typist.folder / "in").mkdir()
    for more in (("in",), ("--out", "out"), ("--watch",)):
        said = await typist.types("submit", *more, "--watch-folder", "in", "--preset", "filter_warm")
        assert (said.status, "fetch" in said.stderr) == (2, True), said
    said = await typist.types("submit", "--watch-folder", "nowhere", "--preset", "filter_warm")
    assert (said.status, "is no folder" in said.stderr) == (2, True)
    assert world.stored() == []
