"""A run that was killed is continued by the next one with the same options."""

import io
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from photobatch.engine.jobs import RunOptions, Work
from photobatch.engine.run import run
from photobatch.shown.progress_display import LineDisplay
from tests.photobatch.folder_engine import FolderEngine, server

PRESET = {"id": "beauty_light", "type": "beauty", "version": 1, "params": {}}
NAMES = [f"{number}.jpg" for number in range(6)]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    for name in NAMES:
        (tmp_path / "in" / name).write_bytes(name.encode())
    return tmp_path


def done(place: Path, preset: dict[str, Any] = PRESET, engine: Any = None, **options: Any) -> tuple[Work, list[str]]:
    """Run; return the work, and which photos went to the engine."""
    chosen = {"preset_id": "beauty_light", "output": {"format": "same"}} | options
    work = Work(RunOptions([place / "in"], place / "out", **chosen))
    work.go_on(preset)
    asked = [job.source.name for job in work.jobs]
    if work.jobs:
        run(work, engine or server(), LineDisplay(Console(file=io.StringIO())))
    return work, asked


def killed(place: Path, at: int, **options: Any) -> list[str]:
    """Run, and leave things as though the run had been killed after so many photos; return which went to the engine."""

    class Killed(FolderEngine):
        def close(self) -> None:
            shutil.copytree(self.data_dir, place / "left", dirs_exist_ok=True)

    engine = server(breaks_at=at)
    killing = type(engine)(type("Engine", (Killed,), {"breaks_at": at}), engine.error)
    _, asked = done(place, engine=killing, **options)
    (place / "left").rename(place / "out" / ".photobatch-left")
    return asked


def times(place: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in (place / "out").glob("*.jpg")}


def test_what_is_done_is_not_done_again_and_nothing_is_left(place: Path) -> None:
    assert killed(place, 3) == NAMES
    before = times(place)
    work, asked = done(place)
    assert asked == NAMES[3:]
    assert before.items() <= times(place).items()
    assert sorted(os.listdir(place / "out")) == NAMES
    report = work.report.as_json()
    assert (report["continued"], report["skipped"], report["succeeded"]) == (3, 3, 3)
    assert [result["status"] for result in report["results"]] == ["skipped"] * 3 + ["succeeded"] * 3
    assert work.report.exit_code == 0
    assert done(place)[1] == NAMES, "a run that ended is not continued"


def test_one_that_is_killed_again_is_continued_again(place: Path) -> None:
    killed(place, 2)
    assert killed(place, 2) == NAMES[2:]
    assert done(place)[1] == NAMES[4:]


def test_what_has_changed_is_done_again(place: Path) -> None:
    killed(place, 4)
    (place / "in" / NAMES[0]).write_bytes(b"other bytes")
    (place / "out" / NAMES[1]).write_bytes(b"changed by hand")
    (place / "out" / NAMES[2]).unlink()
    os.utime(place / "out" / NAMES[3])
    assert done(place)[1] == NAMES


@pytest.mark.parametrize(
    "changes",
    [
        {"preset": PRESET | {"version": 2}},
        {"preset": PRESET | {"params": {"smoothing": 0.4}}},
        {"output": {"format": "same", "quality": 80}},
        {"name": "{stem}-new"},
        {"again": True},
    ],
)
def test_with_other_options_all_is_done_anew(place: Path, changes: dict[str, Any]) -> None:
    killed(place, 3)
    work, asked = done(place, **changes)
    assert asked == NAMES
    assert work.report.continued == 0
    assert not list((place / "out").glob(".photobatch-*"))


def test_another_mask_of_the_same_name_is_another_recipe(place: Path) -> None:
    mask = place / "mask.png"
    mask.write_bytes(b"mask")
    killed(place, 3, params={"mask": str(mask)})
    mask.write_bytes(b"another mask")
    assert done(place, params={"mask": str(mask)})[1] == NAMES


def test_half_a_line_is_no_result(place: Path) -> None:
    killed(place, 3)
    record = place / "out" / ".photobatch-left" / "done.jsonl"
    record.write_text(record.read_text()[:-20])
    assert done(place)[1] == NAMES[2:]


def test_all_done_before_leaves_nothing_to_do(place: Path) -> None:
    killed(place, 5)
    (place / "in" / NAMES[5]).unlink()
    work, asked = done(place)
    assert asked == []
    assert work.report.exit_code == 0
