"""`photobatch run --watch-folder`: each photo once, also across kills."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

PROGRAM = """
import sys
from pathlib import Path
from rich.console import Console
from photobatch.engine.jobs import RunOptions
from photobatch.engine.watch import watch
from photobatch.shown.progress_display import LineDisplay
from photobatch.watching import folder
from tests.photobatch.folder_engine import server
folder.SETTLED_S = 0.1
here, seconds = Path(sys.argv[1]), float(sys.argv[2])
options = RunOptions([], here / "out", "beauty_light", name="{counter:03}_{stem}")
report = watch(options, here / "in", {}, server(seconds_a_photo=seconds), LineDisplay(Console(stderr=True)))
print(*sorted(outcome.status for outcome in report.results), report.exit_code)
"""


class Watching:
    """A command that watches `in` and writes to `out`."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.process: subprocess.Popen[str] | None = None

    def start(self, seconds_a_photo: float = 0.0) -> None:
        command = [sys.executable, "-c", PROGRAM, str(self.place), str(seconds_a_photo)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def end(self, how: signal.Signals) -> str:
        assert self.process is not None
        self.process.send_signal(how)
        said, wrong = self.process.communicate(timeout=20)
        assert how is signal.SIGKILL or self.process.returncode == 0, wrong
        return said

    def wait(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 20
        while not condition():
            assert time.monotonic() < deadline, self.record()
            time.sleep(0.02)

    def record(self) -> list[dict[str, object]]:
        paths = (self.place / "out").glob(".photobatch-watched-*")
        return [json.loads(line) for path in paths for line in path.read_text().splitlines()]

    def results(self) -> dict[str, str]:
        return {path.name: path.read_text() for path in sorted((self.place / "out").glob("*.jpg"))}

    def put(self, name: str, content: str) -> None:
        half = self.place / "in" / f".{name}"
        half.write_text(content)
        half.rename(self.place / "in" / name)


@pytest.fixture
def watching(tmp_path: Path) -> Iterator[Watching]:
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    watching = Watching(tmp_path)
    yield watching
    if watching.process is not None and watching.process.poll() is None:
        watching.process.kill()
        watching.process.communicate()


def test_photos_are_taken_as_they_come_and_each_once_across_a_kill(watching: Watching) -> None:
    watching.put("a.jpg", "a")
    watching.start(seconds_a_photo=0.3)
    watching.wait(lambda: watching.results() == {"001_a.jpg": "a"})
    for name in "bcde":
        watching.put(f"{name}.jpg", name)
        time.sleep(0.01)
    watching.wait(lambda: len(watching.results()) == 3)
    watching.end(signal.SIGKILL)
    done = watching.results()
    watching.put("f.jpg", "f")
    watching.put("empty.jpg", "")
    watching.start()
    watching.wait(lambda: len(watching.results()) == 6)
    assert watching.end(signal.SIGINT).split()[-1] == "0"
    names = [f"{at:03}_{name}.jpg" for at, name in enumerate("abcdef", 1)]
    assert watching.results() == {name: name[4] for name in names}
    assert done.items() <= watching.results().items()
    record = watching.record()
    for kind in ("taken", "ended"):
        assert sorted(line[kind] for line in record if kind in line) == [1, 2, 3, 4, 5, 6], kind


def test_a_photo_that_changes_is_done_again_in_its_place(watching: Watching) -> None:
    watching.put("a.jpg", "old")
    watching.start()
    watching.wait(lambda: watching.results() == {"001_a.jpg": "old"})
    watching.put("a.jpg", "newer")
    watching.wait(lambda: watching.results() == {"001_a.jpg": "newer"})
    assert watching.end(signal.SIGTERM).split() == ["succeeded", "succeeded", "0"]
