"""Photos that appear in a folder are taken when they are complete."""

import os
import time
from pathlib import Path

import pytest

from photobatch.refusal import RefusalError
from photobatch.watching import folder as watching
from photobatch.watching.folder import WatchedFolder
from photobatch.watching.record import Record

TAKEN: set[str] = set()


@pytest.fixture
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WatchedFolder:
    monkeypatch.setattr(watching, "SETTLED_S", 0.05)
    TAKEN.clear()
    return WatchedFolder(tmp_path, lambda path, _: path.name in TAKEN)


def names(watched: WatchedFolder, wanted: int) -> list[str]:
    """Look until so many photos are complete."""
    deadline = time.monotonic() + 10
    while True:
        found = [photo.path.name for photo, _ in watched.complete()[0]]
        if len(found) >= wanted or time.monotonic() > deadline:
            return found
        time.sleep(0.06)


def test_a_file_is_complete_when_nobody_writes_it_any_more(watched: WatchedFolder) -> None:
    (watched.path / "whole.jpg").write_bytes(b"x")
    (watched.path / "text.txt").write_bytes(b"x")
    (watched.path / ".whole.jpg").write_bytes(b"x")
    with (watched.path / "half.jpg").open("wb") as half:
        half.write(b"x")
        half.flush()
        assert names(watched, 1) == ["whole.jpg"]
        TAKEN.add("whole.jpg")
        for _ in range(3):
            time.sleep(0.06)
            assert names(watched, 0) == [], "however long it takes"
    assert names(watched, 1) == ["half.jpg"]
    assert watched.complete()[1].not_taken == {".txt": 1}


def test_an_empty_file_is_not_complete_and_a_changed_one_settles_anew(watched: WatchedFolder) -> None:
    photo = watched.path / "a.jpg"
    photo.touch()
    assert names(watched, 0) == []
    time.sleep(0.06)
    assert names(watched, 0) == []
    photo.write_bytes(b"x")
    assert names(watched, 0) == []
    assert names(watched, 1) == ["a.jpg"]


def test_it_is_time_to_look_when_a_file_comes_or_settles(watched: WatchedFolder) -> None:
    looks = watched.looks(lambda: False)
    next(looks)
    (watched.path / "a.jpg").write_bytes(b"x")
    began = time.monotonic()
    next(looks)
    watched.complete()
    next(looks)
    assert [photo.path.name for photo, _ in watched.complete()[0]] == ["a.jpg"]
    assert time.monotonic() - began < watching._AGAIN_S, "a change woke it up, not the clock"
    looks.close()


def test_a_name_that_is_no_text_ends_no_watch(watched: WatchedFolder) -> None:
    looks = watched.looks(lambda: False)
    next(looks)
    folder = os.fsencode(watched.path)
    with open(folder + b"/\xff\xfe.jpg", "wb") as file:
        file.write(b"x")
    for count in (1, 2):
        (watched.path / f"{count}.jpg").write_bytes(b"x")
        next(looks)
    assert len(names(watched, 3)) == 3
    looks.close()


def test_a_link_out_of_the_folder_is_not_followed(
    watched: WatchedFolder, tmp_path_factory: pytest.TempPathFactory
) -> None:
    private = tmp_path_factory.mktemp("private")
    (private / "a.jpg").write_bytes(b"x")
    (watched.path / "real").mkdir()
    (watched.path / "real" / "b.jpg").write_bytes(b"x")
    for name, target in (("a.jpg", private / "a.jpg"), ("folder", private), ("b.jpg", "real/b.jpg"), ("loop", ".")):
        (watched.path / name).symlink_to(target)
    assert sorted(names(watched, 2)) == ["b.jpg", "b.jpg"]
    assert watched.complete()[1].not_taken == {"behind links out of the folder": 2}


def test_a_folder_in_it_that_cannot_be_read_ends_no_watch(watched: WatchedFolder) -> None:
    closed = watched.path / "closed"
    closed.mkdir(mode=0)
    (watched.path / "a.jpg").write_bytes(b"x")
    assert names(watched, 1) == ["a.jpg"]
    assert os.access(closed, os.R_OK) or watched.complete()[1].not_taken == {"unreadable folder": 1}


def test_a_folder_that_is_gone_is_said(watched: WatchedFolder) -> None:
    watched.path.rename(watched.path.with_name("elsewhere"))
    with pytest.raises(RefusalError, match="is gone"):
        watched.complete()


def test_half_a_line_of_a_killed_command_is_taken_out(tmp_path: Path) -> None:
    with Record(tmp_path / "r") as record:
        record.add(n=1)
        with pytest.raises(RefusalError, match="already"):
            Record(tmp_path / "r")
    with (tmp_path / "r").open("ab") as file:
        file.write(b'{"n": 2')
        os.fsync(file.fileno())
    with Record(tmp_path / "r") as record:
        assert list(record.lines()) == [{"n": 1}]
        record.add(n=3)
        assert list(record.lines()) == [{"n": 1}, {"n": 3}]
