"""Commands whose stdout or stderr takes nothing: a broken pipe, a full disk, a stream that is closed."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import IO

import pytest

from tests.deployments.conftest import World
from tests.photobatch.scripted_service import Service, scripted
from tests.photobatch.typed import COMMAND, Typist, broken_pipe


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    async with scripted() as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path, jpeg: bytes) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("a.jpg", "b.jpg"):
        (folder / name).write_bytes(jpeg)
    return folder


@pytest.fixture
def full() -> Iterator[IO[bytes]]:
    with open("/dev/full", "wb") as full:
        yield full


async def only_batch(world: World) -> str:
    [batch] = (await world.http.get("/api/v1/batch")).json()["items"]
    return str(batch["task_id"])


async def test_nobody_reads_how_far_it_is(world: World, typist: Typist, folder: Path) -> None:
    with broken_pipe() as nobody:
        said = await typist.types("submit", folder, "--preset", "filter_warm", stderr=nobody)
    assert (said.status, said.stdout) == (0, f"{await only_batch(world)}\n")


async def test_the_disk_of_the_log_is_full(world: World, typist: Typist, full: IO[bytes]) -> None:
    task = await world.submit()
    world.coordinator.work(task, 0, 1)
    said = await typist.types("watch", task, stderr=full)
    assert (said.status, said.stdout.splitlines()[0]) == (0, f"task         {task}")


async def test_nobody_reads_the_answer(world: World, typist: Typist, folder: Path) -> None:
    with broken_pipe() as nobody:
        said = await typist.types("submit", folder, "--preset", "filter_warm", stdout=nobody)
    assert said.status == 1
    assert said.stderr.splitlines()[-1] == f"photobatch: {await only_batch(world)} is submitted."


async def test_the_disk_of_the_answer_is_full(world: World, typist: Typist, folder: Path, full: IO[bytes]) -> None:
    said = await typist.types("submit", folder, "--preset", "filter_warm", "--json", stdout=full)
    listed = await typist.types("list", stdout=full)
    assert said.status == 1
    *_, submitted, why = said.stderr.splitlines()
    assert submitted == f"photobatch: {await only_batch(world)} is submitted."
    assert why == "photobatch: The answer cannot be printed: No space left on device."
    assert (listed.status, listed.stderr) == (1, f"{why}\n")


async def test_the_answer_to_a_submit_is_lost_for_good(service: Service) -> None:
    service.instead["submit"].extend([None] * 100)
    line = ["photobatch", "submit", "https://example.com/a.jpg", "--type", "color", "--url", service.url]
    modules = "from photobatch.commands import command, submission"
    script = f"import sys; sys.argv = {line}; {modules}; submission.PATIENT_S = 0.3"
    command = [sys.executable, "-c", f"{script}; command.main()"]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (3, "")
    assert "(unreachable) The batch may be there all the same" in done.stderr
    assert done.stderr.endswith(f"photobatch list --url {service.url}\n")


async def test_streams_that_are_closed(world: World, typist: Typist, folder: Path) -> None:
    task = await world.submit()
    for line, answer in (
        (f"list --limit 1 2>&- | grep -c {task}", "1\n"),
        ("rm nosuchbatch <&- 2>&-; echo $?", "2\n"),
        (f"rm {task} <&-", f"{task} is removed.\n"),
    ):
        done = await asyncio.to_thread(
            subprocess.run,
            ["bash", "-c", f"{COMMAND} {line}"],
            env=typist.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.stdout, done.stderr) == (answer, "")


async def test_letters_that_the_locale_lacks(world: World, typist: Typist) -> None:
    ascii_only = Typist(typist.folder, **typist.environment | {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
    said = await ascii_only.types("presets")
    assert said.status == 0, said.stderr
    assert r"\u8f7b\u7f8e\u989c" in said.stdout


async def test_the_disk_of_the_doctors_answer_is_full(typist: Typist, full: IO[bytes]) -> None:
    said = await typist.types("doctor", stdout=full)
    assert said.status == 1
    assert said.stderr == "photobatch: The answer cannot be printed: No space left on device.\n"
