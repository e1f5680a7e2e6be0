import os
from pathlib import Path

import pytest

from photobatch.inputs import collect
from photobatch.refusal import RefusalError


def make(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return root


def places(*inputs: Path, out: Path = Path("/nowhere"), recursive: bool = True) -> list[str]:
    return [str(photo.place) for photo in collect(inputs, recursive=recursive, out=out).photos]


def test_one_folder_becomes_the_output_folder(tmp_path: Path) -> None:
    top = make(tmp_path / "in", "b/2.PNG", "1.jpg", "a/1.jpg", "notes.txt", ".hidden/3.jpg", ".4.jpg")
    assert places(top) == ["1.jpg", "a/1.jpg", "b/2.PNG"]
    assert places(top, recursive=False) == ["1.jpg"]


def test_photos_of_phones_and_cameras_are_found_by_their_names(tmp_path: Path) -> None:
    names = ["1.HEIC", "2.heif", "3.HIF", "4.avif", "5.tif", "6.TIFF", "7.webp", "8.jpeg", "9.bmp"]
    assert places(make(tmp_path / "in", *names, "10.mov", "11.aae")) == names


def test_raw_files_are_taken_from_folders_where_they_can_be_developed(tmp_path: Path) -> None:
    top = make(tmp_path / "in", "1.CR3", "2.dng", "3.jpg")
    assert places(top) == ["1.CR3", "2.dng", "3.jpg"]
    assert [str(photo.place) for photo in collect([top], recursive=True, out=None, raw=False).photos] == ["3.jpg"]
    named = collect([top / "2.dng"], recursive=True, out=None, raw=False).photos
    assert [str(photo.place) for photo in named] == ["2.dng"], "then it fails with its reason"
    only = make(tmp_path / "only", "1.NEF")
    with pytest.raises(RefusalError, match=r"photobatch\[raw\]"):
        collect([only], recursive=True, out=None, raw=False)


def test_several_inputs_keep_folder_names_apart(tmp_path: Path) -> None:
    one, two = make(tmp_path / "x/photos", "1.jpg"), make(tmp_path / "y/Photos", "1.jpg")
    three = make(tmp_path, "single.dat") / "single.dat"
    assert places(one, two, three) == ["photos/1.jpg", "Photos~2/1.jpg", "single.dat"]


def test_a_photo_named_twice_is_taken_once(tmp_path: Path) -> None:
    top = make(tmp_path / "in", "1.jpg", "a/2.jpg")
    assert places(top, top / "a", top / "a/../1.jpg") == ["in/1.jpg", "in/a/2.jpg"]


def test_output_folder_and_what_killed_runs_left_are_not_read(tmp_path: Path) -> None:
    top = make(tmp_path / "in", "1.jpg", "out/1.jpg", "a/.photobatch-x/1.jpg")
    (top / "link").symlink_to(top / "out")
    assert places(top, out=top / "out") == ["1.jpg"]


def test_links_are_followed_and_loops_end(tmp_path: Path) -> None:
    top = make(tmp_path / "in", "z/1.jpg")
    make(tmp_path / "elsewhere", "2.jpg")
    (top / "a").symlink_to(top / "z")
    (top / "z/up").symlink_to(top)
    (top / "linked").symlink_to(tmp_path / "elsewhere")
    (top / "self.jpg").symlink_to(top / "self.jpg")
    (top / "lost.jpg").symlink_to(top / "no such file")
    assert places(top) == ["linked/2.jpg", "lost.jpg", "self.jpg", "z/1.jpg"]


def test_a_pipe_in_a_folder_is_left_alone(tmp_path: Path) -> None:
    top = make(tmp_path / "in", "1.jpg")
    os.mkfifo(top / "2.jpg")
    assert places(top) == ["1.jpg"]
    with pytest.raises(RefusalError, match="neither a file nor a folder"):
        places(top / "2.jpg")


def test_refusals_say_what_to_do(tmp_path: Path) -> None:
    top = make(tmp_path / "in", "deep/1.jpg", "readme.txt")
    with pytest.raises(RefusalError, match=r"no photo in .*--recursive looks"):
        places(top, recursive=False)
    with pytest.raises(RefusalError, match="Check the path"):
        places(tmp_path / "*.jpg")
    with pytest.raises(RefusalError, match="own folder"):
        places(top, out=tmp_path / "in/deep/..")
