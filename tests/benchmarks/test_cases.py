"""What the benchmarks measure, and what they say of it."""

from argparse import Namespace
from functools import partial
from pathlib import Path

import pytest

from benchmarks import guard
from benchmarks.photos.demo_photos import BY_NIGHT, Recipe, photo
from benchmarks.record import results
from benchmarks.record.figures import Figure
from benchmarks.throughput import PROMISED, RATIO, Case, Measured, cases, figures

NOTHING_CHOSEN = {"presets": None, "sources": None, "megapixels": None, "iso": None, "workers": None, "photos": None}


def wanted(**choices: object) -> Namespace:
    return Namespace(**{**NOTHING_CHOSEN, "quick": False, "url": None, **choices})


def test_without_choices_what_is_promised_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    assert cases(wanted()) == list(PROMISED)
    assert {case.photos for case in cases(wanted(quick=True))} == {16}


def test_choices_are_combined(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    chosen = cases(wanted(presets="beauty_light", megapixels="12,24", workers="1,2", photos=8))
    assert [(case.megapixels, case.workers) for case in chosen] == [(12, 1), (12, 2), (24, 1), (24, 2)]
    assert {(case.preset, case.photos, case.source, case.where) for case in chosen} == {
        ("beauty_light", 8, "files", "embedded")
    }
    assert {case.source for case in cases(wanted(url="http://127.0.0.1:1"))} == {"uploads"}
    monkeypatch.setenv("RAY_ADDRESS", "auto")
    assert {case.where for case in cases(wanted())} == {"cluster"}


def test_only_what_is_promised_has_a_target() -> None:
    assert [str(Case(name).target) for name in ("filter_warm", "beauty_heavy")] == ["≤ 1.10", "≤ 1.00"]
    assert Case("filter_warm", source="uploads").target is None
    assert Case("filter_warm", where="cluster").target is None


def test_figures_are_ratios_of_the_same_run() -> None:
    measured = Measured(floor_s=[1.0, 2.0], service_s=[1.5, 3.2], files_s=[1.2, 2.0])
    said = {figure.name: figure for figure in figures(Case("filter_warm", source="uploads"), measured)}
    assert said[RATIO].values == [1.5, 1.6]
    assert said["added by HTTP"].values == pytest.approx([25.0, 60.0])
    assert said["added by HTTP"].met is False
    assert said["photos a second"].values == pytest.approx([50 / 1.5, 50 / 3.2])


def test_photos_by_night_are_noisier() -> None:
    by_day, by_night = (photo(Recipe(megapixels=0.5, iso=iso), 1) for iso in (Recipe().iso, BY_NIGHT))
    assert len(by_night) > 1.3 * len(by_day), "noise does not compress"


def test_the_guard_goes_by_the_newest_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard.results, "read", partial(results.read, folder=tmp_path))
    with pytest.raises(LookupError, match="no record"):
        guard.recorded()
    plain = {"preset": guard.PRESET, "source": "files", "where": "embedded"}
    for case, value, quick in (
        (plain, 2.5, False),
        (plain, 2.0, False),
        (plain, 9.0, True),
        ({**plain, "source": "uploads"}, 9.0, False),
        ({**plain, "preset": "filter_warm"}, 9.0, False),
    ):
        results.record("throughput", case, [Figure(RATIO, "× floor", [value])], quick=quick, folder=tmp_path)
    assert guard.recorded() == 2.0
