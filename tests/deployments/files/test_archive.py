"""The ZIP file of a batch: read by Python's own reader, whole and in parts."""

import io
import random
import unicodedata
import zipfile
import zlib
from collections.abc import AsyncIterator

import pytest

from deployments.files import archive
from deployments.files.archive import Archive, Member
from photobatch.naming.results import UniqueNames
from storage.blobs import Blobs, open_blobs

MADE_AT = 1_790_000_000.0
FILES = {"她的照片.jpg": b"one" * 1000, "b (2).png": b"", "c.jpg": bytes(range(256)) * 40}


@pytest.fixture
async def blobs() -> Blobs:
    store = open_blobs("memory:///")
    for place, content in enumerate(FILES.values()):
        await store.put(f"results/{place}", content)
    return store


def members() -> list[Member]:
    return [
        Member(name, f"results/{place}", len(content), zlib.crc32(content))
        for place, (name, content) in enumerate(FILES.items())
    ]


async def whole(made: Archive) -> bytes:
    return b"".join([piece async for piece in made.read(0, made.size)])


async def test_all_files_are_in_it_as_they_are(blobs: Blobs) -> None:
    data = await whole(Archive(blobs, members(), MADE_AT))
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        assert opened.testzip() is None
        assert {name: opened.read(name) for name in opened.namelist()} == FILES
        assert opened.infolist()[0].date_time[:3] == (2026, 9, 21)


async def test_its_size_is_known_before_it_is_read_and_its_name_is_its_content(blobs: Blobs) -> None:
    made = Archive(blobs, members(), MADE_AT)
    assert len(await whole(made)) == made.size
    assert made.etag == Archive(blobs, members(), MADE_AT).etag
    assert made.etag != Archive(blobs, members()[1:], MADE_AT).etag


async def test_any_part_of_it_can_be_read(blobs: Blobs) -> None:
    made = Archive(blobs, members(), MADE_AT)
    data, chance = await whole(made), random.Random(4)
    edges = [0, made.size, *made._offsets]
    spans = [(start, end) for start in edges for end in edges if start < end]
    spans += [tuple(sorted(chance.sample(range(made.size + 1), 2))) for _ in range(300)]  # type: ignore[misc]
    for start, end in spans:
        assert b"".join([piece async for piece in made.read(start, end)]) == data[start:end]


async def test_archives_that_are_too_large_for_the_old_layout_have_the_new_one(
    blobs: Blobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "_MOST32", 1000)  # in the place of 4 GiB
    data = await whole(Archive(blobs, members(), MADE_AT))
    assert b"PK\6\6" in data
    directory = data[data.index(b"PK\1\2") :]
    assert directory.count(b"\1\0\x08\0") == 2, "entries that begin behind the border say where"


async def test_more_files_than_the_old_layout_counts(blobs: Blobs) -> None:
    many = [Member(f"{place}.jpg", "results/1", 0, 0) for place in range(66_000)]
    data = await whole(Archive(blobs, many, MADE_AT))
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        assert len(opened.namelist()) == 66_000


class Far(Blobs):
    """Blobs of two GiB that nobody reads."""

    async def stream(
        self, key: str, start: int = 0, end: int | None = None, chunk: int = 1 << 20
    ) -> AsyncIterator[bytes]:
        yield bytes((end or 0) - start)


async def test_entries_beyond_four_gigabytes_are_found() -> None:
    size = 2 << 30
    made = Archive(Far("memory:///"), [Member(f"{place}.jpg", "far", size, 0) for place in range(4)], MADE_AT)
    tail = b"".join([piece async for piece in made.read(made.size - 2000, made.size)])

    class Hollow(io.RawIOBase):
        """The archive with nothing but its end."""

        def __init__(self) -> None:
            self.place = 0

        def seekable(self) -> bool:
            return True

        def readable(self) -> bool:
            return True

        def seek(self, offset: int, whence: int = 0) -> int:
            self.place = offset + (0, self.place, made.size)[whence]
            return self.place

        def tell(self) -> int:
            return self.place

        def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
            behind = self.place - (made.size - len(tail))
            part = tail[behind : behind + len(buffer)] if behind >= 0 else bytes(len(buffer))
            buffer[: len(part)] = part
            self.place += len(part)
            return len(part)

    with zipfile.ZipFile(io.BufferedReader(Hollow())) as opened:
        assert [info.header_offset for info in opened.infolist()] == made._offsets[:4]
        assert made._offsets[3] > 1 << 32


def test_names_are_unique_also_where_capitals_do_not_count() -> None:
    names = UniqueNames()
    taken = [names.take(name) for name in ("a.jpg", "A.jpg", "a.jpg", "a (2).jpg", "b.jpg", "a.png")]
    assert taken == ["a.jpg", "A (2).jpg", "a (3).jpg", "a (2) (2).jpg", "b.jpg", "a.png"]
    assert len({name.casefold() for name in taken}) == len(taken)


def test_names_are_unique_whatever_their_unicode_form() -> None:
    names = UniqueNames()
    taken = [
        names.take(name)
        for name in ("_CON.jpg", "_con.jpg", "stra\u00dfe.jpg", "STRASSE.jpg", "\u00e9.jpg", "e\u0301.jpg")
    ]
    assert taken[1] == "_con (2).jpg"
    assert len({unicodedata.normalize("NFC", name).casefold() for name in taken}) == len(taken)
