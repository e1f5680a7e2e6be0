"""EXIF that is damaged in a part keeps the rest, and the result says so."""

import io
import struct

import pytest
from PIL import Image

from models.codec import Limits, OutputOptions, decode, encode
from models.codec.container.exif import is_adobe_rgb, orientation_of, patch_exif
from models.codec.container.exif_tables import (
    ASCII,
    EXIF_IFD,
    GPS_IFD,
    INTEROP_IFD,
    LONG,
    MAKER_NOTE,
    SHORT,
    UNDEFINED,
    DamagedExifError,
    Exif,
    Value,
    read_exif,
    write_exif,
)
from models.codec.container.geometry import Geometry
from models.codec.container.iso_content import exif_of_avif
from tests.models.codec.codec_samples import MAKER_NOTE as NOTE
from tests.models.codec.codec_samples import PHOTO, exif_block, saved
from tests.models.codec.inputs import OUTPUTS

LIMITS = Limits()
SMALL = PHOTO.resize((96, 64))
BOTH = pytest.mark.parametrize("order", ["little", "big"])


def text(value: bytes) -> Value:
    return Value(ASCII, len(value) + 1, value + b"\0")


def whole(order: str = "little") -> Exif:
    exif = Exif(order)  # type: ignore[arg-type]
    exif.root.update({0x010F: text(b"Maker"), 0x8298: text("© Käthe".encode()), 0x0112: exif.numbers(SHORT, [6])})
    exif.tables[EXIF_IFD].update({0x9003: text(b"2024:05:06 07:08:09"), 0xA434: text(b"35 mm")})
    exif.tables[GPS_IFD].update({1: Value(ASCII, 2, b"N\0"), 0x1B: Value(UNDEFINED, 8, b"A place.")})
    exif.tables[INTEROP_IFD].update({1: Value(ASCII, 4, b"R03\0")})
    return exif


def with_pointer(block: bytes, tag: int, at: int) -> bytes:
    """Let a table lie elsewhere."""
    order = "<" if block.startswith(b"II") else ">"
    place = block.index(struct.pack(order + "HHI", tag, LONG, 1))
    return block[: place + 8] + struct.pack(order + "I", at) + block[place + 12 :]


@BOTH
@pytest.mark.parametrize("at", [0, 8, 9, 2**16, 2**31, 2**32 - 1])
@pytest.mark.parametrize("tag", [EXIF_IFD, GPS_IFD, INTEROP_IFD])
def test_one_bad_pointer_costs_only_its_table(order: str, tag: int, at: int) -> None:
    block = with_pointer(write_exif(whole(order)), tag, at)
    patched, notes = patch_exif(block, 96, 64)
    kept, want = read_exif(patched), whole(order)
    assert "exif_damaged" in notes
    assert kept.root == want.root | {0x0112: want.numbers(SHORT, [1])}
    lost = {tag, INTEROP_IFD} if tag == EXIF_IFD else {tag}
    for table in {EXIF_IFD, GPS_IFD, INTEROP_IFD} - lost:
        assert kept.tables[table] == want.tables[table]
    assert orientation_of(block) == 6
    assert not kept.damaged


@BOTH
def test_a_value_outside_of_the_block_costs_only_itself(order: str) -> None:
    exif = whole(order)
    block = write_exif(exif)
    sign = "<" if order == "little" else ">"
    place = block.index(struct.pack(sign + "HH", 0x8298, ASCII))
    block = block[: place + 8] + struct.pack(sign + "I", 2**30) + block[place + 12 :]
    patched, notes = patch_exif(block, 96, 64)
    assert notes == ["exif_damaged"]
    assert b"Maker" in patched
    assert b"35 mm" in patched
    assert 0x8298 not in read_exif(patched).root


@BOTH
def test_whole_exif_gets_no_note_and_every_byte_of_text_stays(order: str) -> None:
    exif = whole(order)
    exif.root[0x010E] = text(bytes(range(128, 256)))  # in whatever encoding
    patched, notes = patch_exif(write_exif(exif), 96, 64)
    assert notes == []
    assert bytes(range(128, 256)) in patched
    assert is_adobe_rgb(patched)


@BOTH
def test_places_of_maps_and_notes_of_makers_go_with_the_position(order: str) -> None:
    exif = whole(order)
    exif.root.update({33922: Value(UNDEFINED, 48, b"p" * 48), 0xC634: Value(UNDEFINED, 9, b"of a DNG.")})
    patched, notes = patch_exif(write_exif(exif), 96, 64, strip_gps=True)
    assert notes == ["makernote_dropped", "gps_dropped"]
    for place in (b"ppp", b"of a DNG", b"A place."):
        assert place not in patched
    assert b"Maker" in patched


@BOTH
def test_the_maker_s_note_stays_where_it_was(order: str) -> None:
    block = exif_block(order="<" if order == "little" else ">")
    assert patch_exif(block, 10, 10)[0].index(NOTE) == block.index(NOTE)


def test_many_tags_with_the_same_long_value_make_no_long_block() -> None:
    entries = b"".join(struct.pack("<HHII", 0x8000 + tag, UNDEFINED, 50_000, 8) for tag in range(4000))
    block = b"II*\0\x08\0\0\0" + struct.pack("<H", 4000) + entries + bytes(4)
    block += bytes(60_000 - len(block))
    patched, notes = patch_exif(block, 10, 10)
    assert len(patched) < 2 * len(block)
    assert "exif_damaged" in notes


def test_what_is_no_exif_is_refused() -> None:
    for block in (b"II*\0", b"nonsense" * 9, b"II*\0\xff\xff\xff\x7f" + bytes(50), exif_block()[:12]):
        with pytest.raises(DamagedExifError):
            patch_exif(block, 10, 10)


@pytest.mark.parametrize("note_size", [0, 70_000])
@pytest.mark.parametrize("comment_size", [10, 66_000])
def test_a_block_too_long_for_a_jpeg_loses_its_longest_values(note_size: int, comment_size: int) -> None:
    exif = whole()
    exif.tables[EXIF_IFD][0x9286] = Value(UNDEFINED, comment_size, b"c" * comment_size)
    if note_size:
        exif.tables[EXIF_IFD][MAKER_NOTE] = Value(UNDEFINED, note_size, b"m" * note_size)
    source = decode(saved(SMALL, "PNG", exif=write_exif(exif)), LIMITS)
    for target in OUTPUTS:
        written = encode(source, OutputOptions(format=target))
        too_long = target == "jpeg"
        assert ("makernote_dropped" in written.notes) == (too_long and note_size > 0)
        assert ("exif_shortened" in written.notes) == (too_long and comment_size > 60_000)
        exif_there = Image.open(io.BytesIO(written.data)).getexif()
        assert exif_there[0x010F] == "Maker"
        assert exif_there.get_ifd(EXIF_IFD)[0x9003] == "2024:05:06 07:08:09"


def test_exif_in_two_segments_is_one_block() -> None:
    exif = whole()
    exif.tables[EXIF_IFD][MAKER_NOTE] = Value(UNDEFINED, 70_000, b"m" * 70_000)
    block = write_exif(exif)
    jpeg = saved(SMALL, "JPEG")
    pieces = [b"Exif\0\0" + block[:65_000], b"Exif\0\0" + block[65_000:]]
    segments = b"".join(b"\xff\xe1" + struct.pack(">H", len(piece) + 2) + piece for piece in pieces)
    picture = decode(jpeg[:2] + segments + jpeg[2:], LIMITS)
    assert picture.source.exif == block
    written = encode(picture, OutputOptions(format="png"))
    assert b"m" * 70_000 in written.data
    assert written.notes == []


@pytest.mark.parametrize(
    ("orientation", "subject", "want"),
    [
        (1, [10, 20], [5, 10]),
        (6, [10, 20], [32 - 11, 5]),
        (3, [10, 20, 8], [32 - 6, 48 - 11, 4]),
        (8, [10, 20, 8, 4], [10, 48 - 6, 2, 4]),
    ],
)
def test_the_subject_is_where_it_was(orientation: int, subject: list[int], want: list[int]) -> None:
    exif = whole()
    exif.tables[EXIF_IFD][0x9214] = exif.numbers(SHORT, subject)
    geometry = Geometry(orientation, (64, 96), (32, 48))
    patched = read_exif(patch_exif(write_exif(exif), 32, 48, geometry=geometry)[0])
    placed = [patched.number(EXIF_IFD, 0x9214, index) for index in range(len(want))]
    assert all(abs(one - other) <= 1 for one, other in zip(placed, want, strict=True)), placed


@pytest.mark.parametrize("turned", [1, 3, 6, 8])
@pytest.mark.parametrize("said", [0, 1, 6])
def test_exif_of_an_avif_stays_whatever_its_container_says(turned: int, said: int) -> None:
    exif = Exif()
    exif.root.update({0x0112: exif.numbers(SHORT, [turned])})
    exif.root[0x010E] = Value(ASCII, 60, b"x" * 60)
    data = saved(SMALL, "AVIF", exif=write_exif(exif))  # Pillow makes of the orientation what the container says
    at = data.index(b"II*\0")
    size = len(read_exif(data[at:]).root) and data.index(b"x" * 60) + 60 - at
    told = Exif()
    told.root.update({0x010E: text("Größe".encode("latin-1"))})
    if said:
        told.root[0x0112] = told.numbers(SHORT, [said])
    block = write_exif(told).ljust(size, b"\0")
    data = data[:at] + block + data[at + len(block) :]
    picture = decode(data, LIMITS)
    assert picture.source.orientation == turned
    assert read_exif(picture.source.exif or b"").root == told.root
    for target in OUTPUTS:
        written = encode(picture, OutputOptions(format=target))
        assert "Größe".encode("latin-1") in written.data
        assert written.notes == []
        assert Image.open(io.BytesIO(written.data)).getexif().get(0x0112, 1) == 1


def test_damaged_exif_of_an_avif_costs_its_part() -> None:
    exif = whole()
    del exif.root[0x0112]  # with which Pillow would change the block
    block = write_exif(exif)
    data = saved(SMALL, "AVIF", exif=block).replace(block, with_pointer(block, GPS_IFD, 2**31))
    picture = decode(data, LIMITS)
    written = encode(picture, OutputOptions())
    assert written.notes == ["exif_damaged"]
    assert read_exif(exif_of_avif(written.data) or b"").root == exif.root
