"""What lies in folders and is no photo is said, and a dry run says what would be done, without doing it."""

import json
from pathlib import Path

import pytest

from photobatch.engine import installed
from photobatch.engine.jobs import RunOptions, Work
from tests.deployments.conftest import World
from tests.photobatch.typed import Typist

OTHERS = ("bill.pdf", "b/Bill.PDF", "b/notes", "movie.mov", ".hidden.txt")
COUNTED = {".pdf": 2, "": 1, ".mov": 1}
SENTENCE = "photobatch: not taken: 2 .pdf, 1 without extension and 1 .mov.\n"


@pytest.fixture
def photos(tmp_path: Path, jpeg: bytes) -> Path:
    folder = tmp_path / "in"
    (folder / "b").mkdir(parents=True)
    for name in ("1.jpg", "b/2.jpg"):
        (folder / name).write_bytes(jpeg)
    for name in OTHERS:
        (folder / name).write_bytes(b"x")
    return folder


async def test_a_submit_says_what_it_does_not_take(world: World, typist: Typist, photos: Path) -> None:
    said = await typist.types("submit", photos, "--preset", "filter_warm", "--json")
    assert (said.status, said.json["not_taken"], SENTENCE in said.stderr) == (0, COUNTED, True)
    strict = await typist.types("submit", photos, "--preset", "filter_warm", "--strict")
    assert strict.status == 1
    batch = (await world.http.get(f"/api/v1/batch/{strict.stdout.strip()}")).json()
    assert batch["counts"]["total"] == 2, "the photos are submitted all the same"


async def test_a_dry_submit_checks_everything_and_sends_nothing(world: World, typist: Typist, photos: Path) -> None:
    dry = ("submit", photos, "--dry-run", "--preset")
    said = await typist.types(*dry, "filter_warm", "--name", "{counter:03}-{stem}", "--json")
    assert (said.status, said.json["total"], said.json["not_taken"]) == (0, 2, COUNTED)
    assert [photo["name"] for photo in said.json["photos"]] == ["001-1.jpg", "002-2.jpg"]
    assert said.json["bytes"] == sum((photos / name).stat().st_size for name in ("1.jpg", "b/2.jpg"))
    wrong = await typist.types(*dry, "filter_warm", "--param", "temperature=9")
    assert (wrong.status, "temperature" in wrong.stderr) == (2, True)
    assert (await world.http.get("/api/v1/batch")).json()["items"] == []
    assert world.stored() == []


def test_a_dry_run_names_results_by_the_dates_of_photos(tmp_path: Path, photos: Path) -> None:
    typist = Typist(tmp_path)
    run = ("run", photos, "--out", "out", "--preset", "filter_warm", "--dry-run")
    said = typist.said(*run, "--name", "{date:%Y}_{stem}")
    lines = said.stdout.splitlines()
    assert said.status == 0, said.stderr
    assert lines[0].startswith(f"{photos}/1.jpg -> out/20")
    assert lines[-1].startswith("2 photos, 0.0 MB, into out.")
    assert SENTENCE in said.stderr
    assert not (tmp_path / "out").exists()
    strict = typist.said(*run, "--strict", "--json")
    assert (strict.status, json.loads(strict.stdout)["not_taken"]) == (1, COUNTED)


def test_raw_files_without_their_extra_are_not_taken(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (photos / "b/3.CR3").write_bytes(b"x")
    monkeypatch.setattr("photobatch.engine.jobs.reads_raw", lambda: False)
    work = Work(RunOptions([photos], photos.parent / "out", "filter_warm", strict=True))
    assert work.report.as_json()["not_taken"] == COUNTED | {".cr3": 1}
    for outcome in work.report.results:
        outcome.status = "succeeded"
    assert work.report.exit_code == 1
    assert installed.reads_raw is not None
