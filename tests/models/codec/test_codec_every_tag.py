"""Every tag of a source is in its result, or in a table of what may change. exiftool says what is there."""

from fnmatch import fnmatch
from pathlib import Path

import pytest

from models.codec import EXTENSIONS, Limits, OutputOptions, decode, encode
from models.codec.container.exif_tables import ASCII, Exif, Value, write_exif
from tests.models.codec import exiftool
from tests.models.codec.codec_samples import PHOTO
from tests.models.codec.inputs import INPUTS, OUTPUTS, photo_in
from tests.models.codec.metadata_samples import AS_XMP, COMMENT, EXIF, GPS, IPTC, PNG_TEXTS, XMP

pytestmark = pytest.mark.usefixtures("needs_exiftool")

LIMITS = Limits()
SMALL = PHOTO.resize((96, 64))
BIG = ("jpeg", "png", "tiff")  # of these there is a file in the other byte order too

# Tags that say how pixels are stored, or where in the file something is.
OF_THE_FILE = [
    *("System:*", "ExifTool:*", "Composite:*", "QuickTime:*", "Meta:*", "RIFF:*", "GIF:*", "JFIF:JFIFVersion"),
    *("File:File*", "File:MIMEType", "File:ExifByteOrder", "File:CurrentIPTCDigest", "File:Image*"),
    *("File:BitsPerSample", "File:ColorComponents", "File:YCbCrSubSampling", "File:EncodingProcess", "File:BMP*"),
    *(f"IFD0:{name}" for name in ("Strip*", "RowsPerStrip", "Compression", "Predictor", "BitsPerSample")),
    *(f"IFD0:{name}" for name in ("PhotometricInterpretation", "SamplesPerPixel", "PlanarConfiguration")),
    *(f"IFD0:{name}" for name in ("ImageWidth", "ImageHeight", "SubfileType", "SampleFormat", "Orientation")),
    *(f"PNG:{name}" for name in ("ImageWidth", "ImageHeight", "BitDepth", "ColorType", "Compression", "Filter")),
    *("PNG:Interlace", "PNG:SRGBRendering", "IPTC:CodedCharacterSet", "IPTC:*RecordVersion"),
    *(f"File:{name}" for name in ("Planes", "BitDepth", "Compression", "NumColors", "NumImportantColors")),
    "IFD0:YCbCrPositioning",  # of a picture that is not stored so any more
    "IPTC:TimeCreated",  # in XMP a part of the date
]
# By the ways of containers to tell the resolution: they are compared in a test of their own.
RESOLUTION = ["JFIF:*", "PNG-pHYs:*", "File:PixelsPerMeter*"]
# Tags that may go if the result says so: XMP says something else, or has no property for it.
NOTED = {"PNG:*": "text_dropped", "File:Comment": "text_dropped", "IPTC:*": "iptc_dropped"}


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Path]:
    """Return a file of every format and kind."""
    folder = tmp_path_factory.mktemp("sources")
    files, words = {}, {}
    for name in INPUTS:
        beside = _beside(name)
        kinds = {"everything": EXIF + GPS + XMP + beside, "texts": beside}
        for kind, tags in kinds.items() if name not in BIG else [*kinds.items(), ("big-endian", kinds["everything"])]:
            least = Exif("big" if kind == "big-endian" else "little")
            least.root[0x010F] = Value(ASCII, 6, b"Maker\0")
            path = folder / f"{name} {kind}{EXTENSIONS[name.partition(' ')[0]]}".replace(" ", "_")
            path.write_bytes(photo_in(name, SMALL, exif=write_exif(least)))
            files[name, kind] = path
            if tags:
                words[path] = tags
    exiftool.write(words)
    return files


def _beside(name: str) -> list[str]:
    """Return what only some formats have a place for."""
    if name == "jpeg":
        return IPTC + COMMENT
    if name.startswith("png"):
        return IPTC + PNG_TEXTS
    return IPTC if name.startswith("tiff") else []


@pytest.mark.parametrize("policy", ["keep", "strip_gps"])
def test_every_tag_is_kept_or_in_the_table(sources: dict[tuple[str, str], Path], tmp_path: Path, policy: str) -> None:
    results, notes = {}, {}
    for path in sources.values():
        picture = decode(path.read_bytes(), LIMITS)
        for target in OUTPUTS:
            written = encode(picture, OutputOptions(format=target, metadata=policy))
            result = tmp_path / f"{path.name}.{target}"
            result.write_bytes(written.data)
            results[result] = path
            notes[result] = [*picture.notes, *written.notes]
    tags = exiftool.read([*results, *sources.values()])
    assert all(len(tags[path]) > 110 for (_, kind), path in sources.items() if kind != "texts"), "they were written"
    wrong = []
    for result, path in results.items():
        lost = lost_tags(tags[path], tags[result], policy)
        wrong += [f"{result.name}: {tag}" for tag in lost if note_on(tag) not in notes[result]]
        if policy == "strip_gps":
            said = str(tags[result])
            wrong += [
                f"{result.name}: {place}" for place in ("Garching", "Bayern", "48.1375", "48 deg") if place in said
            ]
    assert not wrong, "\n".join(wrong)


def lost_tags(before: exiftool.Tags, after: exiftool.Tags, policy: str) -> list[str]:
    """Return the tags that changed or went, other than as they may."""
    lost = []
    for tag, value in before.items():
        if after.get(tag) == value or fnmatch_any(tag, OF_THE_FILE + RESOLUTION):
            continue
        if policy == "strip_gps" and is_place(tag):
            continue
        instead = AS_XMP.get(tag)
        if instead and same(value, after.get(instead)):
            continue
        if tag == "IPTC:DateCreated" and str(after.get("XMP-photoshop:DateCreated", "")).startswith(value):
            continue
        if tag == "PNG:Comment" and after.get("File:Comment") == value:
            continue
        if tag == "File:Comment" and after.get("PNG:Comment") == value:
            continue
        lost.append(f"{tag} {value!r} -> {after.get(tag)!r}")
    return lost


def note_on(tag: str) -> str | None:
    return next((note for pattern, note in NOTED.items() if fnmatch(tag, pattern)), None)


def same(one: object, other: object) -> bool:
    return other in (one, [one]) or one == [other]


def is_place(tag: str) -> bool:
    names = ("City", "State", "Country*", "Location*", "Sub-location", "Province*", "GPS*")
    return tag.startswith("GPS:") or fnmatch_any(tag.partition(":")[2], list(names))


def fnmatch_any(tag: str, patterns: list[str]) -> bool:
    return any(fnmatch(tag.partition(" ")[0], pattern) for pattern in patterns)
