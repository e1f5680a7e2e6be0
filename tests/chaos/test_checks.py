"""The checks see what they are for: each gets a batch in which exactly that is wrong."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.faults import checks
from benchmarks.faults.census import Census
from benchmarks.faults.checks import Evidence, Result
from benchmarks.faults.killer import Kill, Kind
from tests.chaos.evidence import failed, flawless, photo


def wrong(evidence: Evidence, kills: list[Kill] | None = None) -> dict[str, int]:
    """How many violations each check finds."""
    found = {
        "ends": checks.ends(evidence, kills or []),
        "counts": checks.counts(evidence),
        "results": checks.results(evidence),
        "unchanged": checks.unchanged(evidence),
        "heard": checks.messages(evidence),
    }
    return {name: count for name, sentences in found.items() if (count := len(list(sentences)))}


def with_photo(index: int, now: dict) -> Evidence:
    evidence = flawless()
    evidence.photos[index] = now
    return evidence


def test_nothing_is_wrong_with_a_flawless_batch() -> None:
    assert wrong(flawless()) == {}


def test_a_photo_that_never_ended() -> None:
    found = wrong(with_photo(0, photo(0, status="processing", result=None)))
    assert found.keys() >= {"ends", "counts", "heard", "unchanged"}


def test_a_photo_that_failed_for_another_reason() -> None:
    assert "ends" in wrong(with_photo(1, failed(1, "internal_error")))


def test_a_photo_too_few() -> None:
    evidence = flawless()
    evidence.photos.pop()
    assert "ends" in wrong(evidence)


@pytest.mark.parametrize(("deaths", "attempts", "explained"), [(3, 3, True), (2, 3, False), (3, 2, False)])
def test_a_crash_needs_kills_that_explain_it(deaths: int, attempts: int, explained: bool) -> None:
    kills = [Kill(Kind.WORKER, 1001.0 + n) for n in range(deaths)]
    kills += [Kill(Kind.WORKER, 999.0), Kill(Kind.WORKER, 1013.0), Kill(Kind.COORDINATOR, 1002.0)]  # none of these do
    evidence = with_photo(1, failed(1, "worker_crashed", attempts))
    assert ("ends" not in wrong(evidence, kills)) is explained


def test_counts_that_are_not_those_of_the_photos() -> None:
    evidence = flawless()
    evidence.batch["counts"]["succeeded"] = 3
    assert wrong(evidence) == {"counts": 1}
    evidence = flawless()
    evidence.batch["status"] = "failed"
    assert wrong(evidence) == {"counts": 1}


@pytest.mark.parametrize("result", ["it is gone", Result("other", 100, None), Result("sha-0", 100, "no JPEG")])
def test_a_result_that_is_not_what_its_record_says(result: Result | str) -> None:
    evidence = flawless()
    evidence.results[0] = result
    assert wrong(evidence)["results"] == 1


def test_a_result_that_was_written_again() -> None:
    evidence = flawless()
    evidence.early[0] = "another sha"
    assert wrong(evidence) == {"unchanged": 1}


def test_a_record_that_changed_after_it_was_told() -> None:
    evidence = flawless()
    evidence.testimony.first_ended = evidence.testimony.first_ended | {2: photo(2, attempts=2)}
    assert wrong(evidence) == {"unchanged": 1}


def test_a_watcher_that_missed_an_end_or_the_last_version() -> None:
    evidence = flawless()
    evidence.testimony.photos = {0: photo(0), 1: failed(1, "truncated")}
    assert wrong(evidence) == {"heard": 1}
    evidence = flawless()
    evidence.testimony.version -= 1
    evidence.testimony.done = False
    assert wrong(evidence) == {"heard": 2}


def test_a_batch_that_is_gone_and_one_that_was_made_twice() -> None:
    assert list(checks.once(["a", "b"], ["b", "a"])) == []
    assert len(list(checks.once(["a", "b"], ["b"]))) == 1
    assert len(list(checks.once(["a"], ["a", "c"]))) == 1
    assert len(list(checks.once(["a"], ["a", "a"]))) == 1


def test_blobs_that_are_missing_and_blobs_of_nobody(tmp_path: Path) -> None:
    mine = ["0/1/result.jpg", "0/1/thumbnail.jpg", "0/1/original", "2/3/result.jpg", "2/3/thumbnail.jpg"]
    for name in mine:
        path = tmp_path / "batches/b1" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    assert checks.stored(tmp_path, [flawless()]) == ([], [])
    (tmp_path / "batches/b1/0/1/original").unlink()
    (tmp_path / "batches/b1/2/1").mkdir()
    (tmp_path / "batches/b1/2/1/result.jpg#1").write_bytes(b"x")
    missing, strays = checks.stored(tmp_path, [replace(flawless())])
    assert (len(missing), len(strays)) == (1, 1)


def test_a_server_that_is_not_back_to_idle() -> None:
    idle = Census(Counter({"ray::Worker": 2}), 1000)
    assert Census(Counter({"ray::Worker": 2}), 1100).against(idle, more=200) == []
    assert len(Census(Counter({"ray::Worker": 3, "ray::IDLE": 1}), 1300).against(idle, more=200)) == 2
