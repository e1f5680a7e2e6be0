import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from photobatch.engine.installed import Server
from photobatch.engine.jobs import RunOptions, Work, file_roots
from photobatch.engine.run import run
from photobatch.refusal import RefusalError
from photobatch.shown.progress_display import LineDisplay
from tests.photobatch.folder_engine import FolderEngine, server


def tree(root: Path) -> Path:
    for name in ("a.jpg", "a.png", "deep/ö #1%.jpg", "deep/empty.jpg"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"" if "empty" in name else name.encode())
    return root


def done(tmp_path: Path, engines: Server, **options: Any) -> tuple[Work, str]:
    console = Console(record=True, width=200, file=io.StringIO())
    photos = tmp_path / "in" if (tmp_path / "in").exists() else tree(tmp_path / "in")
    work = Work(RunOptions([photos], tmp_path / "out", "beauty_light", **options))
    run(work, engines, LineDisplay(console))
    return work, console.export_text()


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_results_lie_in_the_same_tree_and_nothing_else_does(tmp_path: Path) -> None:
    work, shown = done(tmp_path, server())
    assert files(tmp_path / "out") == ["a.jpg", "a.png", "deep/ö #1%.jpg"]
    assert [path.name for path in (tmp_path / "out").iterdir() if path.name.startswith(".")] == []
    assert (tmp_path / "out/deep/ö #1%.jpg").read_bytes() == "deep/ö #1%.jpg".encode()
    assert "deep/empty.jpg: empty_file: The file is empty." in shown
    assert "4/4 photos" in shown

    report = work.report.as_json()
    assert work.report.exit_code == 1
    assert {key: report[key] for key in ("task_id", "total", "succeeded", "failed", "skipped", "cancelled")} == {
        "task_id": "task",
        "total": 4,
        "succeeded": 3,
        "failed": 1,
        "skipped": 0,
        "cancelled": 0,
    }
    assert report["peak_memory_bytes"] == 1 << 20
    assert work.report.pixels == 3_000_000
    first = report["results"][0]
    assert first["notes"] == ["no_face"]
    assert first["output"] == str(tmp_path / "out/a.jpg")
    json.dumps(report)


def test_skip_existing_continues(tmp_path: Path) -> None:
    done(tmp_path, server())
    (tmp_path / "out/a.png").unlink()
    (tmp_path / "out/a.jpg").write_bytes(b"kept")
    work, _ = done(tmp_path, server(), skip_existing=True)
    assert [outcome.status for outcome in work.report.results] == [
        "skipped",
        "succeeded",
        "failed",
        "skipped",
    ]
    assert (tmp_path / "out/a.jpg").read_bytes() == b"kept"


def test_without_skip_existing_results_are_replaced(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/a.jpg").write_bytes(b"old")
    done(tmp_path, server())
    assert (tmp_path / "out/a.jpg").read_bytes() == b"a.jpg"


def test_a_result_that_has_no_place_fails_alone(tmp_path: Path) -> None:
    (tmp_path / "out/a.jpg").mkdir(parents=True)
    work, _ = done(tmp_path, server())
    outcome = work.report.results[0]
    assert outcome.error is not None
    assert outcome.error["code"] == "write_failed"
    assert work.report.counts()["succeeded"] == 2


def test_a_refused_batch_is_a_usage_error_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(RefusalError, match="At most 2 photos") as refusal:
        done(tmp_path, server(refuses=("too_many_photos", "At most 2 photos in a batch.")))
    assert refusal.value.exit_code == 2
    assert files(tmp_path / "out") == []


def test_a_broken_engine_leaves_what_is_done(tmp_path: Path) -> None:
    work, _ = done(tmp_path, server(breaks_at=1))
    assert work.report.broken == "The batch could not be finished: The coordinator is gone."
    assert work.report.counts() == {"succeeded": 1, "cancelled": 3}
    assert work.report.exit_code == 1
    assert files(tmp_path / "out") == ["a.jpg"]


def test_the_engine_is_closed_when_it_does_not_start(tmp_path: Path) -> None:
    engines: list[FolderEngine] = []

    class Broken(FolderEngine):
        def __enter__(self) -> "Broken":
            engines.append(self)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        done(tmp_path, Server(Broken, OSError))
    assert engines[0].closed
    assert list((tmp_path / "out").iterdir()) == []


def test_links_are_read_where_they_lead(tmp_path: Path) -> None:
    tree(tmp_path / "in")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/real.jpg").write_bytes(b"linked")
    (tmp_path / "in/link.jpg").symlink_to(tmp_path / "elsewhere/real.jpg")
    done(tmp_path, server())
    assert (tmp_path / "out/link.jpg").read_bytes() == b"linked"
    assert not (tmp_path / "out/link.jpg").is_symlink()


def test_roots_are_the_fewest_folders() -> None:
    sources = [Path(name) for name in ("/p/a/1.jpg", "/p/a/b/2.jpg", "/p/ab/3.jpg", "/q/c/d/4.jpg")]
    assert file_roots(sources) == [Path("/p/a"), Path("/p/ab"), Path("/q/c/d")]


SCRIPT = """
import sys
from pathlib import Path
from tests.photobatch.folder_engine import server
from photobatch.commands import run_command
from photobatch.engine import installed
from photobatch.engine.jobs import RunOptions
installed.load_server = lambda: server(**eval(sys.argv[3]))
installed.check_preset = lambda *_: None
sys.exit(run_command.run(RunOptions([Path(sys.argv[1])], Path(sys.argv[2]), "x"), as_json=True))
"""


@pytest.mark.parametrize(
    ("number", "slow", "finished"),
    [
        (signal.SIGINT, "{'seconds_a_photo': 0.4}", 1),
        (signal.SIGTERM, "{'seconds_a_photo': 0.4}", 1),
        (signal.SIGINT, "{'start_s': 30.0}", 0),
    ],
)
def test_a_signal_stops_cleanly(tmp_path: Path, number: signal.Signals, slow: str, finished: int) -> None:
    out = tmp_path / "out"
    process = started(tmp_path, slow)
    wait_for(lambda: len(files(out)) > 1 and (not finished or (out / "a.jpg").exists()))
    process.send_signal(number)
    stdout, stderr = process.communicate(timeout=10)
    assert process.returncode == 128 + number
    assert "--skip-existing continues" in stderr
    report = json.loads(stdout)
    assert finished <= report["succeeded"] < 3
    assert report["total"] == report["succeeded"] + report["failed"] + report["cancelled"]
    assert files(out) == sorted(
        os.path.relpath(result["output"], out) for result in report["results"] if result["status"] == "succeeded"
    )


def test_a_second_signal_is_immediate(tmp_path: Path) -> None:
    process = started(tmp_path, "{'seconds_a_photo': 30.0}")
    wait_for(lambda: len(files(tmp_path / "out")) > 1)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=5)
    assert process.returncode == 130
    assert list((tmp_path / "out").iterdir()) == []


def started(tmp_path: Path, slow: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", SCRIPT, str(tree(tmp_path / "in")), str(tmp_path / "out"), slow]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parent)}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for(condition: Any) -> None:
    deadline = time.monotonic() + 15
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_variants_lie_in_a_tree_of_their_own(tmp_path: Path) -> None:
    tree(tmp_path / "in")
    options = RunOptions([tmp_path / "in"], tmp_path / "out", "beauty_light", output={"also": [{"name": "web"}]})
    jobs = Work(options).jobs
    places = [[str(job.variant("web", made).relative_to(tmp_path)) for made in ("jpeg", "webp")] for job in jobs]
    assert places[:3] == [
        ["out/web/a.jpg", "out/web/a.jpg.webp"],
        ["out/web/a.png.jpg", "out/web/a.png.webp"],
        ["out/web/deep/empty.jpg", "out/web/deep/empty.webp"],
    ]
    with pytest.raises(RefusalError, match="--also deep"):
        Work(RunOptions([tmp_path / "in"], tmp_path / "out", "beauty_light", output={"also": [{"name": "deep"}]}))
