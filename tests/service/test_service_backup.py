"""What docs/operations.md says about backups, done: in the middle of a batch, into a new data folder."""

import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from benchmarks.servers.server import Server, serving

ROOT = Path(__file__).parents[2]
VANISHED = 24  # rsync's word for files that went while it looked


def documented_commands() -> list[str]:
    page = (ROOT / "docs/operations.md").read_text()
    section = page.partition("## Backup and restore\n")[2].partition("\n## ")[0]
    return re.findall(r"^    (\S+ .*\$BACKUP.*)$", section, re.MULTILINE)


def back_up(data: Path, backup: Path) -> None:
    commands = [command for command in documented_commands() if not command.startswith("#")]
    assert len(commands) == 2
    for command in commands:
        done = subprocess.run(
            ["sh", "-c", command],
            cwd=ROOT,
            env={"DATA": str(data), "BACKUP": str(backup), "PATH": "/usr/bin:/bin"},
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode in {0, VANISHED}, done.stderr


def digests(server: Server, task: str) -> list[str]:
    return [photo["result"]["sha256"] for photo in server.photos(task)]


def uploads(server: Server, photo: Path, count: int) -> list[str]:
    body = photo.read_bytes()
    return [server.http.post(f"/api/v1/uploads?name={n}.jpg", content=body).json()["source"] for n in range(count)]


@pytest.fixture
def needs_rsync() -> None:
    if shutil.which("rsync") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("rsync is not installed")
        pytest.skip("needs rsync")


@pytest.mark.slow
@pytest.mark.usefixtures("needs_rsync")
def test_a_backup_in_the_middle_of_a_batch_is_restored_and_the_batch_goes_on(
    tmp_path: Path, photo_folder: Path
) -> None:
    backup, again = tmp_path / "backup", tmp_path / "again"
    for folder in (backup, again, tmp_path / "first"):
        folder.mkdir()
    with serving(tmp_path / "first", BATCH_REUSE="0") as server:
        sources = uploads(server, photo_folder / "astronaut.jpg", 4)
        ended = server.submit(image_urls=sources, preset_id="filter_warm")["task_id"]
        server.ended(ended)
        expected = digests(server, ended)
        under_way = server.submit(image_urls=sources * 20, preset_id="beauty_heavy")["task_id"]
        while server.batch(under_way)["counts"]["succeeded"] < 10:
            time.sleep(0.02)
        back_up(server.folder / "data", backup)
        seen = server.batch(under_way)
        assert seen["status"] == "processing", "the backup was meant to be in the middle of it"
        later = server.submit(image_urls=sources, preset_id="filter_cool")["task_id"]
    backup.rename(again / "data")
    with serving(again, BATCH_REUSE="0") as server:
        assert digests(server, ended) == expected
        for index in range(4):
            server.http.get(f"/api/v1/batch/{ended}/photos/{index}/result").raise_for_status()
        counts = server.ended(under_way)["counts"]
        assert counts["succeeded"] == 80
        assert len(set(digests(server, under_way))) == 1
        assert server.http.get(f"/api/v1/batch/{later}").status_code == 404
        for index in (0, 79):
            server.http.get(f"/api/v1/batch/{under_way}/photos/{index}/result").raise_for_status()


@pytest.mark.parametrize("word", ["journal.db", "blobs/"])
def test_the_document_has_the_commands(word: str) -> None:
    assert any(word in command for command in documented_commands())
