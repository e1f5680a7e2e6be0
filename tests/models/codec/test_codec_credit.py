"""Creator and copyright of the output options stand in every format, under every policy, as exiftool reads them."""

from pathlib import Path

import pytest
from PIL import Image

from models.codec import Limits, OutputOptions, decode, encode
from models.codec.options import EXTENSIONS
from tests.models.codec import exiftool
from tests.models.codec.codec_samples import camera_jpeg, saved

CREATOR, COPYRIGHT = "李安 & Søn <a@b>", '© 2026 "李安"'
FORMATS = ["jpeg", "png", "webp", "avif", "tiff"]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], exiftool.Tags]:
    """Return the tags of results by format and policy; the source is somebody else's."""
    folder = tmp_path_factory.mktemp("credit")
    source = folder / "source.jpg"
    source.write_bytes(saved(Image.new("RGB", (64, 48)), "jpeg"))
    others = ["EXIF:Artist=Bob", "EXIF:Copyright=Bob's", "EXIF:XPAuthor=Bob", "IPTC:By-line=Bob", "XMP-dc:Rights=Bob's"]
    others += ["XMP-dc:Creator=Bob", "XMP-dc:Title=A walk", "XMP-tiff:Artist=Bob", "IPTC:CopyrightNotice=Bob's"]
    others += ["EXIF:Model=X1"]
    exiftool.write({source: [f"-{tag}" for tag in others]})
    made = {}
    for name in FORMATS:
        for policy in ("keep", "strip_gps", "strip"):
            options = OutputOptions(name, metadata=policy, creator=CREATOR, copyright=COPYRIGHT)
            made[name, policy] = folder / f"{name}-{policy}{EXTENSIONS[name]}"
            made[name, policy].write_bytes(encode(decode(source.read_bytes(), Limits()), options).data)
    read = exiftool.read(made.values())
    return {which: read[path] for which, path in made.items()}


@pytest.mark.parametrize("policy", ["keep", "strip_gps", "strip"])
@pytest.mark.parametrize("name", FORMATS)
def test_it_is_where_programs_look(told: dict[tuple[str, str], exiftool.Tags], name: str, policy: str) -> None:
    tags = told[name, policy]
    assert (tags["IFD0:Artist"], tags["IFD0:Copyright"]) == (CREATOR, COPYRIGHT)
    assert tags["XMP-dc:Creator"] in (CREATOR, [CREATOR])
    assert tags["XMP-dc:Rights"] == COPYRIGHT
    assert "Bob" not in str(tags)
    assert ("XMP-dc:Title" in tags) == (policy != "strip")
    assert ("IFD0:Model" in tags) == (policy != "strip")


def test_one_of_them_leaves_the_other_and_none_leaves_all(tmp_path: Path) -> None:
    (source := tmp_path / "a.jpg").write_bytes(camera_jpeg())
    exiftool.write({source: ["-EXIF:Artist=Bob", "-EXIF:Copyright=Bob's"]})
    picture = decode(source.read_bytes(), Limits())
    for options in (OutputOptions(creator="Ann"), OutputOptions(), OutputOptions(metadata="strip")):
        (tmp_path / f"{options.creator}{options.metadata}.jpg").write_bytes(encode(picture, options).data)
    read = exiftool.read(tmp_path.glob("*p.jpg"))
    kept, plain = read[tmp_path / "Annkeep.jpg"], read[tmp_path / "Nonekeep.jpg"]
    assert (kept["IFD0:Artist"], kept["IFD0:Copyright"]) == ("Ann", "Bob's")
    assert (plain["IFD0:Artist"], plain["IFD0:Copyright"]) == ("Bob", "Bob's")
    assert not [tag for tag in read[tmp_path / "Nonestrip.jpg"] if tag.startswith(("IFD0", "XMP"))]


def test_texts_of_a_png_do_not_say_something_else() -> None:
    from PIL.PngImagePlugin import PngInfo  # noqa: PLC0415

    info = PngInfo()
    for keyword, text in (("Author", "Bob"), ("Copyright", "Bob's"), ("Title", "A walk")):
        info.add_text(keyword, text)
    source = saved(Image.new("RGB", (8, 8)), "png", pnginfo=info)
    made = encode(decode(source, Limits()), OutputOptions(creator="Ann")).data
    assert b"Bob's" in made
    assert b"A walk" in made
    assert b"Author\0Bob" not in made
