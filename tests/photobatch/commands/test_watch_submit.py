"""`photobatch submit --watch-folder`, killed at every step: each photo is in one batch."""

import asyncio
import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.deployments.conftest import World
from tests.photobatch.typed import Typist


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def lines(home: Path) -> list[dict[str, Any]]:
    found = home.rglob("watched/*.jsonl")
    return [json.loads(line) for path in found for line in path.read_text().splitlines()]


@pytest.mark.parametrize("step", ["photos", "sources", "task"])
async def test_each_photo_is_submitted_once_wherever_the_command_is_killed(
    world: World, typist: Typist, jpeg: bytes, step: str
) -> None:
    home = typist.folder / "home"
    typist.environment |= {"HOME": str(home), "XDG_CONFIG_HOME": str(home)}
    folder = typist.folder / "in"
    folder.mkdir()
    command = ("submit", "--watch-folder", folder, "--preset", "filter_warm", "--name", "{counter:04}_{stem}")
    for name in ("a.jpg", "b.jpg"):
        (folder / name).write_bytes(jpeg)
    process = typist.start(*command)
    await until(lambda: any(step in line for line in lines(home)))
    process.kill()
    await asyncio.to_thread(process.communicate)
    (folder / "c.jpg").write_bytes(jpeg)
    (folder / "text.pdf").write_bytes(b"x")
    process = typist.start(*command)
    await until(lambda: sum(line.get("task") is not None for line in lines(home)) == 2)
    process.send_signal(signal.SIGINT)
    told, wrong = await asyncio.to_thread(process.communicate)
    assert process.returncode == 0, wrong
    assert "not taken: 1 .pdf." in wrong
    batches = (await world.http.get("/api/v1/batch")).json()["items"]
    names = []
    for batch in batches:
        photos = (await world.http.get(f"/api/v1/batch/{batch['task_id']}/photos")).json()["items"]
        names += [photo["name"] for photo in photos]
    assert sorted(names) == ["a.jpg", "b.jpg", "c.jpg"]
    assert set(told.split()) <= {batch["task_id"] for batch in batches}


async def test_what_does_not_fit_a_watched_folder_is_refused(world: World, typist: Typist) -> None:
    (typist.folder / "in").mkdir()
    for more in (("in",), ("--out", "out"), ("--watch",)):
        said = await typist.types("submit", *more, "--watch-folder", "in", "--preset", "filter_warm")
        assert (said.status, "fetch" in said.stderr) == (2, True), said
    said = await typist.types("submit", "--watch-folder", "nowhere", "--preset", "filter_warm")
    assert (said.status, "is no folder" in said.stderr) == (2, True)
    assert world.stored() == []
