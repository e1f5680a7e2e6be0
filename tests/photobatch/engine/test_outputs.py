import unicodedata
from pathlib import Path, PurePath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photobatch.inputs import InputPhoto
from photobatch.outputs import Naming, plan, refuse_overwriting
from photobatch.refusal import RefusalError


def planned(*names: str, to: str = "same", template: str | None = None) -> list[str]:
    photos = [InputPhoto(Path("/in") / name, PurePath(name)) for name in names]
    return [str(place) for place in plan(photos, Naming(to, template, "beauty_light"))]


def test_names_stay() -> None:
    names = ["a.jpg", "a.png", "b/A.JPG", "c.tiff", "no extension", "odd.dat", "two.dots.webp"]
    assert planned(*names) == names


STARTS = {
    "jpeg": b"\xff\xd8\xff\xe0",
    "png": b"\x89PNG\r\n\x1a\n",
    "webp": b"RIFF\0\0\0\0WEBP",
    "heic": b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic",
    "avif": b"\0\0\0\x18ftypmif1\0\0\0\0mif1avif",
    "tiff": b"MM\0*",
    "gif": b"GIF89a",
    "raw": b"II*\0\x08\0\0\0\2\0\xfe\0\4\0\1\0\0\0\1\0\0\0\x4a\1\4\0\2\0\0\0" + bytes(4),  # a thumbnail, and links
    "cr3": b"\0\0\0\x18ftypcrx \0\0\0\1crx isom",
    "cr2": b"II*\0\x10\0\0\0CR\2\0",
    "raf": b"FUJIFILMCCD-RAW ",
}


@pytest.mark.parametrize(
    ("name", "really", "to", "want"),
    [
        ("a.png", "jpeg", "same", "a.jpg"),
        ("a.JPG", "png", "same", "a.png"),
        ("a.heic", "jpeg", "same", "a.jpg"),
        ("a.jpg", "heic", "same", "a.jpg"),
        ("a.nef", "raw", "same", "a.jpg"),
        ("a.tif", "raw", "same", "a.jpg"),
        ("a.nef", "tiff", "same", "a.tif"),
        ("a.CR3", "cr3", "same", "a.jpg"),
        ("a.tif", "cr2", "same", "a.jpg"),
        ("a.RAF", "raf", "same", "a.jpg"),
        ("a.dng", "raw", "tiff", "a.tif"),
        ("a.jpg", "gif", "same", "a.png"),
        ("a.jpeg", "jpeg", "same", "a.jpeg"),
        ("a.tiff", "tiff", "same", "a.tiff"),
        ("a.jpg", "avif", "same", "a.avif"),
        ("a.jpg", "webp", "same", "a.webp"),
        ("a.png", "jpeg", "png", "a.png"),
        ("a.png", "jpeg", "jpeg", "a.jpg"),
    ],
)
def test_a_result_is_named_after_what_it_is(tmp_path: Path, name: str, really: str, to: str, want: str) -> None:
    (tmp_path / name).write_bytes(STARTS[really] + bytes(60))
    photos = [InputPhoto(tmp_path / name, PurePath(name))]
    assert [str(place) for place in plan(photos, Naming(to, None, "beauty_light"))] == [want]


def test_formats_that_are_not_written_change() -> None:
    assert planned("a.heic", "b.BMP", "c.gif") == ["a.jpg", "b.png", "c.png"]


def test_the_new_format_names_the_file() -> None:
    assert planned("a.png", "b.jpeg", "odd.dat", "plain", to="jpeg") == [
        "a.jpg",
        "b.jpeg",
        "odd.dat.jpg",
        "plain.jpg",
    ]


def test_rivals_keep_their_extension_inside_whatever_the_order() -> None:
    assert planned("a.png", "a.jpg", to="jpeg") == ["a.png.jpg", "a.jpg"]
    assert planned("a.png", "a.webp", to="jpeg") == ["a.png.jpg", "a.webp.jpg"]
    assert planned("IMG_1.HEIC", "img_1.jpg") == ["IMG_1.HEIC.jpg", "img_1.jpg"]


def test_what_is_still_the_same_is_numbered() -> None:
    assert planned("1.jpg", "1.jpg", "1~2.jpg") == ["1.jpg", "1~2.jpg", "1~2~2.jpg"]
    assert planned("é.jpg", unicodedata.normalize("NFD", "É.jpg"))[1].endswith("~2.jpg")


def test_a_file_does_not_take_the_name_of_a_folder() -> None:
    assert planned("a.png", "a.jpg/b.jpg", to="jpeg") == ["a~2.jpg", "a.jpg/b.jpg"]


def test_templates() -> None:
    assert planned("x/a.PNG", template="{stem}-{preset}.{ext}") == ["x/a-beauty_light.PNG"]
    assert planned("a.png", "b.png", to="jpeg", template="{index:03}") == ["001.jpg", "002.jpg"]
    assert planned("a.png", "a.jpg", to="jpeg", template="{stem}_x") == ["a.png_x.jpg", "a_x.jpg"]


@pytest.mark.parametrize(
    "template",
    [
        "photo",
        "{stem",
        "{}",
        "{0}",
        "{stem.__class__}",
        "{name}",
        "../{stem}",
        ".{stem}",
        "{stem:d}",
        "{index:{stem}}",
    ],
)
def test_bad_templates_are_refused(template: str) -> None:
    with pytest.raises(RefusalError, match="--name"):
        Naming("same", template, "")


_NAMES = st.builds(
    "{}{}{}".format,
    st.sampled_from(["", "a/", "A/", "a.jpg/", "a/b/"]),
    st.sampled_from(["a", "A", "a.png", "a~2", "ﬀ", "FF"]),
    st.sampled_from(["", ".jpg", ".JPG", ".jpeg", ".png", ".heic", ".gif", ".dat"]),
)


@given(
    st.lists(_NAMES, max_size=30),
    st.sampled_from(["same", "jpeg", "png", "tiff"]),
    st.sampled_from([None, "{stem}", "{index}", "{stem}-{preset}.{ext}"]),
)
def test_outputs_are_unique_and_inside(names: list[str], to: str, template: str | None) -> None:
    outputs = planned(*names, to=to, template=template)
    keys = [unicodedata.normalize("NFC", output.casefold()) for output in outputs]
    folders = {str(folder) for key in keys for folder in PurePath(key).parents}
    assert len(set(keys)) == len(names)
    assert not folders & set(keys)
    assert all(".." not in PurePath(output).parts and not PurePath(output).is_absolute() for output in outputs)
    assert [PurePath(output).parent for output in outputs] == [PurePath(name).parent for name in names]
    assert outputs == planned(*names, to=to, template=template)


def test_a_result_never_lands_among_the_photos(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "in")
    photos = [InputPhoto(tmp_path / "in/a.jpg", PurePath("a.jpg"))]
    refuse_overwriting(photos, [tmp_path / "out/a.jpg"])
    with pytest.raises(RefusalError, match="Choose another --out"):
        refuse_overwriting(photos, [tmp_path / "link/a.jpg"])
