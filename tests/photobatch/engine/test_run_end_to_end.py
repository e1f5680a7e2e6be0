"""`photobatch run` as its user runs it: the real command, its own Ray, real photos."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import skimage.data
from PIL import Image, ImageStat

COMMAND = Path(sys.executable).with_name("photobatch")
SHOTS = ("astronaut", "coffee", "chelsea", "rocket")
RUN_MARK = "PHOTOBATCH_TEST_RUN"  # children inherit it: every process of a run can be told from all others


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    top = tmp_path_factory.mktemp("run") / "in"
    for folder in ("", "deep"):
        (top / folder).mkdir(parents=True, exist_ok=True)
        for shot in SHOTS:
            picture = Image.fromarray(getattr(skimage.data, shot)())
            picture.thumbnail((320, 320))
            picture.save(top / folder / f"{shot}.jpg", quality=90)
    Image.open(top / "coffee.jpg").save(top / "coffee.png")
    (top / "text.jpg").write_text("This is no photo.\n" * 50)
    (top / "empty.jpg").touch()
    (top / "notes.txt").write_text("Not taken.")
    for module in ("models", "actors"):
        (top.parent / f"{module}.py").write_text("raise RuntimeError('this is not of photobatch')")
    return top


def many(folder: Path) -> str:
    """Make 120 photos of 4 MP; return the folder."""
    folder.mkdir()
    picture = Image.fromarray(skimage.data.astronaut()).resize((2000, 2000))
    picture.save(folder / "000.jpg", quality=90)
    for number in range(1, 120):
        os.link(folder / "000.jpg", folder / f"{number:03}.jpg")
    return str(folder)


def said(mark: str, *arguments: object, cwd: Path | None = None) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [str(COMMAND), *map(str, arguments)],
        cwd=cwd,
        env=os.environ | {RUN_MARK: mark},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def left_of(mark: str) -> list[str]:
    """Return the processes of a run that are still there, after a moment to go."""
    deadline = time.monotonic() + 10
    while (left := _marked(mark)) and time.monotonic() < deadline:
        time.sleep(0.2)
    return left


def _marked(mark: str) -> list[str]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(RUN_MARK) == mark and process.status() != psutil.STATUS_ZOMBIE:
                found.append(" ".join(process.cmdline()))
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_a_tree_comes_out_and_bad_photos_fail_alone(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    words = ["run", photos, "--preset", "beauty_light", "--out", out, "--workers", "1"]
    answer = said(str(tmp_path), *words, "--json", cwd=photos.parent)  # beside modules that are called like ours
    assert answer.returncode == 1, answer.stderr
    expected = {f"{shot}.jpg" for shot in SHOTS} | {f"deep/{shot}.jpg" for shot in SHOTS} | {"coffee.png"}
    assert files(out) == expected
    assert {path.name for path in out.iterdir()} == {*(n for n in expected if "/" not in n), "deep"}
    for name in expected:
        with Image.open(out / name) as result, Image.open(photos / name) as source:
            result.load()
            assert (result.format, result.size) == (source.format, source.size)

    report = json.loads(answer.stdout)
    counts = [report[key] for key in ("total", "succeeded", "failed", "skipped", "cancelled")]
    assert counts == [11, 9, 2, 0, 0]
    assert report["task_id"]
    assert report["seconds"] > 0
    assert report["photos_per_s"] == pytest.approx(9 / report["seconds"], rel=0.01)
    assert report["peak_memory_bytes"] > 50 << 20
    results = {os.path.relpath(result["source"], photos): result for result in report["results"]}
    assert set(results) == expected | {"text.jpg", "empty.jpg"}
    for name in ("text.jpg", "empty.jpg"):
        assert results[name]["status"] == "failed"
        assert results[name]["error"]["code"]
        assert f"{results[name]['source']}: {results[name]['error']['code']}: " in answer.stderr
    assert results["coffee.jpg"]["notes"] == ["no_face"]
    assert results["astronaut.jpg"]["notes"] == []
    assert results["astronaut.jpg"]["engine"]
    assert results["astronaut.jpg"]["timings_ms"]["decode"] > 0
    assert left_of(str(tmp_path)) == []

    again = said(f"{tmp_path} again", *words, "--skip-existing")
    assert again.returncode == 1
    assert ["skipped", "9"] in [line.split() for line in again.stdout.splitlines()]
    assert ["failed", "2"] in [line.split() for line in again.stdout.splitlines()]
    assert files(out) == expected
    assert left_of(f"{tmp_path} again") == []


def test_ctrl_c_leaves_no_process_and_no_debris(tmp_path: Path) -> None:
    out, mark = tmp_path / "out", str(tmp_path)
    process = subprocess.Popen(
        [str(COMMAND), "run", many(tmp_path / "in"), "--preset", "beauty_light", "--out", str(out), "--workers", "1"],
        env=os.environ | {RUN_MARK: mark},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    deadline = time.monotonic() + 60
    while process.poll() is None and not list(out.glob("*.jpg")) and time.monotonic() < deadline:
        time.sleep(0.1)
    os.killpg(process.pid, 2)  # as a terminal does: to the whole group
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130, stderr
    assert "--skip-existing" in stderr
    assert all(not name.startswith(".photobatch-") for name in os.listdir(out))
    assert left_of(mark) == []


@pytest.mark.slow
def test_after_kill_9_the_same_command_goes_on_where_it_was(tmp_path: Path) -> None:
    out, mark = tmp_path / "out", str(tmp_path)
    command = ["run", many(tmp_path / "in"), "--preset", "beauty_light", "--out", out, "--workers", "1"]
    process = subprocess.Popen(
        [str(COMMAND), *map(str, command)],
        env=os.environ | {RUN_MARK: mark},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + 60
    while len(list(out.glob("*.jpg"))) < 20 and time.monotonic() < deadline:
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    written = {path.name: path.stat().st_mtime_ns for path in out.glob("*.jpg")}
    assert 20 <= len(written) < 120
    assert list(out.glob(".photobatch-*"))

    again = said(mark, *command, "--json")
    assert again.returncode == 0, again.stderr
    report = json.loads(again.stdout)
    assert len(written) - 1 <= report["continued"] <= len(written), "the last one may not have been noted"
    assert report["continued"] + report["succeeded"] == 120
    assert f"{report['continued']} photos were done by a run that was killed" in again.stderr
    kept = {name for name, when in written.items() if (out / name).stat().st_mtime_ns == when}
    assert len(kept) == report["continued"]
    assert sorted(os.listdir(out)) == sorted(os.listdir(tmp_path / "in")), "and nothing else lies there"
    assert left_of(mark) == []


def test_a_mask_and_a_lut_are_files_of_ones_own(photos: Path, tmp_path: Path) -> None:
    grey = Image.new("RGB", (200, 150), (120, 120, 120))
    grey.paste((0, 0, 0), (50, 50, 62, 62))
    mask = Image.new("L", (100, 75), 0)
    mask.paste(255, (25, 25, 31, 31))
    photo, painted, lut = tmp_path / "in" / "spot.png", tmp_path / "masks" / "spot mask.png", tmp_path / "swap.cube"
    for path, picture in ((photo, grey), (painted, mask)):
        path.parent.mkdir()
        picture.save(path)
    rows = [f"{b} {g} {r}" for b in (0, 1) for g in (0, 1) for r in (0, 1)]
    lut.write_text("LUT_3D_SIZE 2\n" + "\n".join(rows))
    out = tmp_path / "out"
    done = said(
        str(tmp_path), "run", photo, "--preset", "erase", "--param", f"mask={painted}", "--out", out, "--workers", "1"
    )
    assert done.returncode == 0, done.stderr
    low, high = zip(*Image.open(out / "spot.png").getextrema(), strict=True)
    assert min(low) >= 118
    assert max(high) <= 122
    coffee = photos / "coffee.png"
    done = said(
        str(tmp_path), "run", coffee, "--type", "color", "--param", f"lut={lut}", "--out", out, "--workers", "1"
    )
    assert done.returncode == 0, done.stderr
    before, after = (Image.open(path).convert("RGB").split() for path in (coffee, out / "coffee.png"))
    assert [band.tobytes() for band in after] == [band.tobytes() for band in reversed(before)]


def test_a_mask_or_lut_that_is_not_there_is_refused(photos: Path, tmp_path: Path) -> None:
    for param in ("mask=nowhere.png", "lut=nowhere.cube"):
        kind = ("--preset", "erase") if param.startswith("mask") else ("--type", "color")
        answer = said(str(tmp_path), "run", photos / "coffee.png", *kind, "--param", param, "--out", tmp_path / "out")
        assert answer.returncode != 0
        assert "nowhere" in answer.stderr
    answer = said(str(tmp_path), "run", photos / "coffee.png", "--preset", "erase", "--out", tmp_path / "out")
    assert answer.returncode == 2
    assert "regions" in answer.stderr


def test_the_light_of_a_shoot_is_matched(tmp_path: Path) -> None:
    shoot, out = tmp_path / "shoot", tmp_path / "out"
    shoot.mkdir()
    picture = Image.fromarray(skimage.data.astronaut())
    for number, factor in enumerate((1.0, 1.0, 0.6)):
        picture.point(lambda value, factor=factor: value * factor).save(shoot / f"{number}.jpg", quality=95)
    words = ["run", shoot, "--type", "filter", "--consistency", "shoot", "--out", out, "--workers", "1"]
    answer = said(str(tmp_path), *words)
    assert answer.returncode == 0, answer.stderr
    first, _, dark = (ImageStat.Stat(Image.open(out / f"{number}.jpg").convert("L")).mean[0] for number in range(3))
    assert 0.9 * first < dark < 1.1 * first
    refused = said(str(tmp_path), *words, "--watch", shoot)
    assert refused.returncode == 2
