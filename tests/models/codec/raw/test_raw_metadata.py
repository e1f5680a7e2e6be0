"""The metadata of RAW files that are no plain TIFF: each form has its own place for it. LibRaw is not asked."""

import struct

import pytest

from models.codec.container.exif_tables import EXIF_IFD, GPS_IFD, read_exif
from models.codec.raw.metadata import read_raw
from tests.models.codec.codec_samples import camera_jpeg, exif_block, xmp_packet
from tests.models.codec.raw.raw_samples import Table, Tags, long, rationals, short, text, written

CANON = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
ADOBE = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
TAKEN = b"2024:05:06 07:08:09\0"


def box(name: bytes, *bodies: bytes) -> bytes:
    body = b"".join(bodies)
    return struct.pack(">I", len(body) + 8) + name + body


def cr3() -> bytes:
    position: Tags = {1: text("N"), 2: rationals(48, 8, 15)}
    tables = [
        (b"CMT1", {271: text("Canon"), 256: short(6000), 274: short(8)}),
        (b"CMT2", {36867: text("2024:05:06 07:08:09")}),
        (b"CMT4", position),
    ]
    canon = box(b"uuid", CANON, *(box(name, written(Table(tags))) for name, tags in tables))
    head = box(b"ftyp", b"crx \0\0\0\1crx isom")
    return head + box(b"moov", canon, box(b"mvhd", bytes(100))) + box(b"uuid", ADOBE, xmp_packet()) + box(b"mdat", b"x")


def raf() -> bytes:
    jpeg = camera_jpeg()
    return b"FUJIFILMCCD-RAW 0201".ljust(84, b"\0") + struct.pack(">II", 200, len(jpeg)) + bytes(108) + jpeg


def mrw() -> bytes:
    block = exif_block()
    return (
        b"\0MRM\0\0\1\0" + b"\0PRD" + struct.pack(">I", 4) + bytes(4) + b"\0TTW" + struct.pack(">I", len(block)) + block
    )


def rw2(jpeg: bytes | None) -> bytes:
    tags: Tags = {1: short(2), 271: text("Panasonic"), 280: long(0)}
    table = Table({**tags, 46: (7, jpeg)} if jpeg else tags, {34665: [Table({36867: text("2024:05:06 07:08:09")})]})
    return b"IIU\0" + written(table)[4:]


FILES = {
    "ORF": b"IIRO" + exif_block()[4:],
    "ORF, Motorola's numbers": b"MMOR" + exif_block(order=">")[4:],
    "CR3": cr3(),
    "RAF": raf(),
    "MRW": mrw(),
    "RW2 with a JPEG": rw2(camera_jpeg()),
    "RW2": rw2(None),
}


@pytest.mark.parametrize("name", FILES)
def test_the_day_of_a_photo_is_found_in_every_form(name: str) -> None:
    found = read_raw(FILES[name])
    assert found.exif is not None
    exif = read_exif(found.exif)
    assert exif.tables[EXIF_IFD][0x9003].data == TAKEN
    assert exif.root[271].data in (b"Maker\0", b"Canon\0", b"Panasonic\0")
    assert min(exif.root) >= 254, "no tags of Panasonic's own"
    assert bool(exif.tables[GPS_IFD]) == (name != "RW2")
    assert found.notes == []


@pytest.mark.parametrize("name", ["CR3", "RAF", "RW2 with a JPEG"])
def test_xmp_is_found(name: str) -> None:
    xmp = read_raw(FILES[name]).xmp
    assert xmp is not None
    assert "Käthe".encode() in xmp


@pytest.mark.parametrize(
    "data", [b"FOVb" + bytes(100), b"II\x1a\0\0\0HEAPCCDR", b"\0MRM" + bytes(9), cr3()[:60], raf()[:90]]
)
def test_where_nothing_can_be_read_a_note_says_so(data: bytes) -> None:
    assert read_raw(data).exif is None
    assert read_raw(data).notes == ["exif_dropped"]
