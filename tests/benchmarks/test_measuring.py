"""The instruments: floor, memory, contact sheet, record."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.pages import contact_sheet
from benchmarks.pages.summary import summarise
from benchmarks.photos.demo_photos import Recipe, make
from benchmarks.photos.floor import Floor
from benchmarks.record import results
from benchmarks.record.figures import Figure, Target
from benchmarks.servers.process_memory import peak_of, tree_pss

SMALL = Recipe(megapixels=0.5)


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return make(tmp_path_factory.mktemp("demo"), 10, SMALL, processes=1)


def test_the_floor_writes_every_photo_again(photos: list[Path], tmp_path: Path) -> None:
    with Floor(1, tmp_path / "floor") as floor:
        assert floor.run(photos[:3]) > 0
    written = sorted((tmp_path / "floor").iterdir())
    assert len(written) == 3
    with Image.open(photos[0]) as source, Image.open(written[0]) as copy:
        difference = np.asarray(source, np.int16) - np.asarray(copy, np.int16)
        assert np.abs(difference).mean() < 3


def test_a_summary_states_the_multiple_of_the_floor(photos: list[Path]) -> None:
    run: dict[str, object] = {"succeeded": 2, "total": 2, "seconds": 4.0, "peak_memory_bytes": 123_000_000}
    table = summarise(run, photos[:2], processes=1)
    assert [str(cell) for cell in table.columns[0].cells] == [
        "photos",
        "seconds",
        "photos/s",
        "× codec floor",
        "peak memory, MB",
    ]
    assert list(table.columns[1].cells)[2] == "0.5"


def test_memory_counts_what_is_touched() -> None:
    before = tree_pss(os.getpid())
    with peak_of(os.getpid(), interval_s=0.01) as seen:
        block = np.ones(64_000_000, np.uint8)
        now = tree_pss(os.getpid())
    assert 0.9 * block.nbytes < now - before < 1.5 * block.nbytes
    assert (seen.bytes or 0) >= 0.9 * block.nbytes
    assert tree_pss(2**22 + 1) == 0


def test_the_contact_sheet_is_a_picture_of_pairs(photos: list[Path], tmp_path: Path) -> None:
    after = tmp_path / "after"
    after.mkdir()
    for path in photos:
        with Image.open(path) as image:
            brighter = image.point(lambda value: min(255, value + 40))
            brighter.save(after / path.name, exif=image.getexif())
    out = tmp_path / "deep/sheet.png"
    assert contact_sheet.make(photos[0].parent, after, out, count=4) == 4
    assert out.stat().st_size <= 3_000_000
    with Image.open(out) as sheet:
        assert sheet.format == "PNG"
        assert sheet.width > 1000
        pixels = np.asarray(sheet.convert("L"), np.int16)
    assert pixels.std() > 20


def test_a_turned_photo_is_shown_upright(photos: list[Path], tmp_path: Path) -> None:
    turned = contact_sheet._open(photos[2], photos[2], contact_sheet.FaceDetector())
    assert turned.has_face, "CenterFace finds no face that lies on its side"
    assert turned.before.whole.height > turned.before.whole.width


def test_a_sheet_without_pairs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no photo"):
        contact_sheet.make(tmp_path, tmp_path, tmp_path / "sheet.png")


def test_results_are_appended_with_their_stamp(tmp_path: Path) -> None:
    results.append("some", {"seconds": 1.0}, tmp_path)  # as chaos and soak do
    speed = Figure("photos_per_s", "photos/s", [14.0, 16.0, 15.0], Target(15.0, least=True))
    for count in (50, 100):
        results.record("some", {"preset": "filter_warm", "photos": count}, [speed], folder=tmp_path)
    first, second = results.read("some", tmp_path)
    assert (first.case["photos"], second.case["photos"]) == (50, 100)
    assert first.figures == [speed]
    assert (speed.median, speed.met, Figure("s", "s", [9.1], Target(9.0)).met) == (15.0, True, False)
    assert {"date", "cpu", "cores", "niceness", "libraries", "commit"} <= first.stamp.keys()
    assert results.read("none", tmp_path) == []
