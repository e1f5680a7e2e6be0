"""The commands against a real service: what somebody types, and what they have afterwards."""

import json
import re
import shutil
import signal
import subprocess
from pathlib import Path

import pytest
from PIL import Image

from benchmarks.servers.server import Server
from tests.photobatch.typed import COMMAND, Typist


@pytest.fixture
def typist(server: Server, tmp_path: Path) -> Typist:
    return Typist(tmp_path, PHOTOBATCH_URL=server.url)


@pytest.fixture
def photos(photo_folder: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    (folder / "deep").mkdir(parents=True)
    for name in ("rocket.jpg", "coffee.jpg", "deep/coffee.jpg"):
        shutil.copy(photo_folder / Path(name).name, folder / name)
    return folder


def slow(server: Server, photo_folder: Path) -> str:
    """A batch that takes its time."""
    source = (photo_folder / "astronaut.jpg").as_uri()
    params = {"strength": 0.123}  # of its own, so that nothing was done before
    task: str = server.submit(image_urls=[source] * 300, preset_id="beauty_heavy", preset_params=params)["task_id"]
    return task


def test_photos_in_results_out(typist: Typist, photos: Path) -> None:
    said = typist.said(
        "submit",
        "photos",
        "--preset",
        "filter_warm",
        "--format",
        "webp",
        "--max-side",
        "128",
        "--watch",
        "--out",
        "done",
    )
    assert said.status == 0, said.stderr
    assert ["photos", "done", "3", "of", "3"] in [line.split() for line in said.stdout.splitlines()]
    assert sorted(path.name for path in (typist.folder / "done").iterdir()) == [
        "coffee (2).webp", "coffee.webp", "rocket.webp",
    ]  # fmt: skip
    assert max(Image.open(typist.folder / "done/rocket.webp").size) == 128
    assert not re.search(r"[\x00-\x08\x0b-\x1f]", said.stdout + said.stderr)


def test_a_photo_that_fails_is_named_with_its_reason(typist: Typist, photos: Path, photo_folder: Path) -> None:
    shutil.copy(photo_folder / "cut.jpg", photos)
    (photos / "text.jpg").write_text("this is no photo")
    said = typist.said("submit", "photos", "--preset", "filter_cool", "--out", "done", "--json")
    assert said.status == 1
    assert said.stderr.count("cut.jpg: truncated: ") == 1
    assert said.stderr.count("text.jpg: unsupported_media: ") == 1
    assert [(one["name"], one["error"]["code"]) for one in said.json["failed"]] == [("cut.jpg", "truncated")]
    assert [one["path"] for one in said.json["refused"]] == ["photos/text.jpg"]
    assert sorted(said.json["files"]) == ["done/coffee (2).jpg", "done/coffee.jpg", "done/rocket.jpg"]
    task = said.json["task_id"]
    shown = typist.said("status", task)
    assert (shown.status, "cut.jpg: truncated: " in shown.stdout) == (1, True)
    fetched = typist.said("fetch", task, "--out", "again", "--json")
    assert (fetched.status, len(fetched.json["files"])) == (1, 3)
    assert (typist.folder / "again/rocket.jpg").read_bytes() == (typist.folder / "done/rocket.jpg").read_bytes()


def test_names_come_from_find(typist: Typist, photos: Path) -> None:
    (photos / "rocket.jpg").rename(photos / "a rocket\n.jpg")
    line = f"find photos -name '*.jpg' -print0 | {COMMAND} submit -0 - --preset filter_warm --out done --json"
    done = subprocess.run(
        ["sh", "-c", line], cwd=typist.folder, env=typist.environment, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout)["batch"]["counts"]["succeeded"] == 3


def test_a_mask_goes_along(typist: Typist) -> None:
    grey = Image.new("RGB", (200, 150), (120, 120, 120))
    grey.paste((0, 0, 0), (50, 50, 62, 62))
    grey.save(typist.folder / "spot.png")
    mask = Image.new("L", (200, 150), 0)
    mask.paste(255, (48, 48, 64, 64))
    mask.save(typist.folder / "mask.png")
    said = typist.said("submit", "spot.png", "--preset", "erase", "--param", "mask=mask.png", "--out", "done")
    assert said.status == 0, said.stderr
    low, _ = zip(*Image.open(typist.folder / "done/spot.png").getextrema(), strict=True)
    assert min(low) >= 118


def test_ctrl_c_leaves_the_batch_running(typist: Typist, server: Server, photo_folder: Path) -> None:
    task = slow(server, photo_folder)
    terminal = typist.terminal("watch", task)
    shown = terminal.reads("photos/s")
    assert "━" in shown
    terminal.interrupts()
    assert terminal.ends() == 130
    assert f"photobatch watch {task}" in terminal.shown
    before = server.batch(task)
    assert before["status"] == "processing"
    typist.said("pause", task)
    assert typist.said("fetch", task, "--out", "some").status == 0
    assert len(list((typist.folder / "some").iterdir())) >= before["counts"]["succeeded"] > 0
    assert typist.said("cancel", task).status == 0
    assert typist.said("watch", task).status == 1
    assert typist.said("rm", task).status == 0


def test_ctrl_c_after_a_submit_leaves_the_batch_running(typist: Typist, server: Server, photo_folder: Path) -> None:
    (typist.folder / "many").mkdir()
    for number in range(300):  # what is named twice goes in once
        (typist.folder / f"many/{number}.jpg").hardlink_to(photo_folder / "astronaut.jpg")
    process = typist.start(
        "submit", "many", "--preset", "beauty_heavy", "--param", "strength=0.234", "--watch", "--url", server.url
    )
    assert process.stderr is not None
    said = ""
    while "photos/s" not in said:
        line = process.stderr.readline()
        assert line, said
        said += line
    process.send_signal(signal.SIGINT)
    stdout, rest = process.communicate(timeout=30)
    assert (process.returncode, stdout) == (130, "")
    [task] = re.findall(r"photobatch watch (\w+) --url", rest)
    assert f"{task} is submitted" in said
    assert server.batch(task)["status"] == "processing"
    assert typist.said("rm", task, "--json").json == {"task_id": task, "removed": True}


def test_a_batch_is_paused_and_goes_on(typist: Typist, server: Server, photo_folder: Path) -> None:
    task = slow(server, photo_folder)
    assert typist.said("pause", task, "--json").json["status"] == "paused"
    assert task in typist.said("list", "--status", "paused").stdout
    assert typist.said("resume", task, "--json").json["status"] in {"queued", "processing"}
    assert typist.said("cancel", task, "--json").json["status"] == "cancelled"
    assert typist.said("status", task).status == 1
    assert typist.said("retry", task, "--json").json["counts"]["cancelled"] == 0
    assert typist.said("rm", task).status == 0
    assert typist.said("status", task).status == 2


def test_doctor_finds_the_service_well(typist: Typist, server: Server) -> None:
    typist.environment |= {"BATCH_DATA_DIR": str(server.folder / "data"), "BATCH_API_PORT": str(server.port)}
    said = typist.said("doctor", "--json")
    checks = {check["name"]: check for check in said.json["checks"]}
    assert (said.status, checks["service"]["state"]) == (0, "ok")
    assert "photobatch itself answers" in checks["port"]["found"]
    assert "one runs" in checks["server"]["found"]
