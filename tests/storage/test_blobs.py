"""The same promises on every store at hand."""

import contextlib
import os
import pickle
from pathlib import Path

import pytest

from storage.blobs import Blobs, open_blobs
from storage.errors import BlobNotFoundError, InvalidKeyError, StorageError

PHOTO = os.urandom(3_000_000)


@pytest.fixture(params=["file", "memory", "s3"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    match request.param:
        case "memory":
            return open_blobs("memory://")
        case "s3":
            return open_blobs(f"s3://{request.getfixturevalue('bucket')}/with%20space/blobs")
    return open_blobs(f"file://{tmp_path}/with%20space/blobs")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "blobs"


@pytest.fixture
def local(folder: Path) -> Blobs:
    return open_blobs(folder.as_uri())


async def keys(blobs: Blobs, prefix: str = "") -> list[str]:
    return sorted([key async for key in blobs.list(prefix)])


async def read(blobs: Blobs, key: str, start: int, end: int | None) -> list[bytes]:
    return [piece async for piece in blobs.stream(key, start, end, chunk=1 << 20)]


async def abort(blobs: Blobs, key: str, pieces: int) -> None:
    with contextlib.suppress(KeyError):
        async with blobs.writer(key) as writer:
            for _ in range(pieces):
                await writer.write(PHOTO)
            raise KeyError("the client hung up")


@pytest.mark.parametrize("data", [b"", b"x", PHOTO, memoryview(PHOTO)[5:-5]], ids=["empty", "byte", "photo", "view"])
async def test_round_trip(blobs: Blobs, data: bytes | memoryview) -> None:
    await blobs.put("a/b/c.jpg", data)
    assert await blobs.get("a/b/c.jpg") == data
    assert await blobs.size("a/b/c.jpg") == len(data)


async def test_put_replaces(blobs: Blobs) -> None:
    await blobs.put("a", PHOTO)
    await blobs.put("a", b"new")
    assert await blobs.get("a") == b"new"
    assert await keys(blobs) == ["a"]


@pytest.mark.parametrize(("start", "end"), [(0, 3), (2, 5), (0, 99), (4, 99), (5, 9), (9, 12), (3, 3), (3, 2), (0, 0)])
async def test_ranges_are_slices(blobs: Blobs, start: int, end: int) -> None:
    await blobs.put("a", b"hello")
    assert await blobs.get_range("a", start, end) == b"hello"[start:end]
    assert b"".join(await read(blobs, "a", start, end)) == b"hello"[start:end]


async def test_ranges_count_from_the_start(blobs: Blobs) -> None:
    await blobs.put("a", b"hello")
    with pytest.raises(ValueError, match="from the start"):
        await blobs.get_range("a", -2, 5)


async def test_stream_comes_in_pieces(blobs: Blobs) -> None:
    await blobs.put("a", PHOTO)
    pieces = await read(blobs, "a", 10, None)
    assert b"".join(pieces) == PHOTO[10:]
    assert all(type(piece) is bytes for piece in pieces)
    await blobs.put("empty", b"")
    assert await read(blobs, "empty", 0, None) == []


async def test_missing(blobs: Blobs) -> None:
    await blobs.put("folder/x", b"")
    for key in ("nothing", "folder", "folder/y"):
        for call in (blobs.get(key), blobs.size(key), blobs.get_range(key, 0, 1), blobs.copy(key, "b")):
            with pytest.raises(BlobNotFoundError):
                await call
        with pytest.raises(BlobNotFoundError):
            await read(blobs, key, 0, None)
        await blobs.delete(key + "/nothing")
    await blobs.delete("nothing")
    await blobs.delete_prefix("nothing")
    assert await keys(blobs) == ["folder/x"]


async def test_delete(blobs: Blobs) -> None:
    await blobs.put("a/b", b"1")
    await blobs.put("a/c", b"2")
    await blobs.delete("a/b")
    assert await keys(blobs) == ["a/c"]


async def test_delete_prefix_leaves_the_neighbours(blobs: Blobs) -> None:
    for key in (
        "batches/ab/0/1/result.jpg",
        "batches/ab/1/1/original",
        "batches/abc/0/1/result.jpg",
        "batches/a",
    ):
        await blobs.put(key, b"x")
    assert await keys(blobs, "batches/ab") == ["batches/ab/0/1/result.jpg", "batches/ab/1/1/original"]
    await blobs.delete_prefix("batches/ab")
    assert await keys(blobs) == ["batches/a", "batches/abc/0/1/result.jpg"]
    await blobs.delete_prefix("batches/a")  # a blob is no prefix of itself
    assert await keys(blobs, "batches") == ["batches/a", "batches/abc/0/1/result.jpg"]


async def test_delete_prefix_takes_thousands(blobs: Blobs) -> None:
    async with blobs.writer("b/first") as writer:
        await writer.write(b"x")
    for number in range(1100):
        await blobs.copy("b/first", f"b/{number}")
    assert len(await keys(blobs, "b")) == 1101
    await blobs.delete_prefix("b")
    assert await keys(blobs) == []


async def test_copy_is_independent(blobs: Blobs) -> None:
    await blobs.put("a", b"old")
    await blobs.copy("a", "b/c")
    await blobs.put("a", b"new")
    assert await blobs.get("b/c") == b"old"
    await blobs.copy("a", "b/c")
    await blobs.delete("a")
    assert await blobs.get("b/c") == b"new"


@pytest.mark.parametrize("pieces", [[], [b"", b"one"], [PHOTO] * 7], ids=["none", "small", "parts"])
async def test_writer(blobs: Blobs, pieces: list[bytes]) -> None:
    async with blobs.writer("up/load") as writer:
        for piece in pieces:
            await writer.write(memoryview(piece))
        assert await keys(blobs) == []
    assert await blobs.get("up/load") == b"".join(pieces)


@pytest.mark.parametrize("pieces", [0, 1, 7])
async def test_aborted_writer_leaves_nothing(blobs: Blobs, pieces: int) -> None:
    await abort(blobs, "up/load", pieces)
    assert await keys(blobs) == []
    await blobs.put("up/load", b"again")
    await abort(blobs, "up/load", pieces)
    assert await blobs.get("up/load") == b"again"


BAD = [
    "",
    "/a",
    "a/",
    "a//b",
    "..",
    "a/../b",
    "a/.",
    "a\nb",
    "a\0",
    "a\\b",
    "a#1",
    "a" * 300,
    "a/" * 600 + "a",
]


@pytest.mark.parametrize("key", BAD, ids=range(len(BAD)))
async def test_bad_keys(blobs: Blobs, key: str) -> None:
    for call in (
        blobs.get(key),
        blobs.put(key, b""),
        blobs.delete(key),
        blobs.delete_prefix(key),
        blobs.size(key),
        blobs.copy("a", key),
    ):
        with pytest.raises(InvalidKeyError):
            await call
    with pytest.raises(InvalidKeyError):
        async with blobs.writer(key):
            pass
    with pytest.raises(InvalidKeyError):
        blobs.local_path(key)


@pytest.mark.parametrize("key", ["空 x%20#?&*~:.jpg", "…/a..b", ".hidden"])
async def test_odd_keys(blobs: Blobs, key: str) -> None:
    await blobs.put(key, b"x")
    assert await keys(blobs) == [key]
    assert await blobs.get(key) == b"x"


async def test_local_path(local: Blobs, folder: Path) -> None:
    await local.put("a/空 %20#", b"x")
    path = local.local_path("a/空 %20#")
    assert path == folder / "a/空 %20#"
    assert path.read_bytes() == b"x"
    assert open_blobs("memory://").local_path("a") is None


async def test_aborted_writer_leaves_no_file(local: Blobs, folder: Path) -> None:
    await abort(local, "a", 7)
    assert os.listdir(folder) == []


async def test_delete_prefix_removes_folders_and_unfinished_puts(local: Blobs, folder: Path) -> None:
    await local.put("batches/x/0/1/result.jpg", b"")
    unfinished = folder / "batches/x/0/1/original#1"  # what a killed process leaves
    unfinished.touch()
    assert await keys(local) == ["batches/x/0/1/result.jpg"]
    await local.delete_prefix("batches/x")
    assert os.listdir(folder / "batches") == []


async def test_pickles_as_its_url(local: Blobs) -> None:
    await local.put("a", b"x")
    assert await pickle.loads(pickle.dumps(local)).get("a") == b"x"  # noqa: S301
    assert len(pickle.dumps(local)) < 300
    with pytest.raises(TypeError, match="memory"):
        pickle.dumps(open_blobs("memory://"))


@pytest.mark.parametrize("url", ["", "nonsense", "nosuch://x", "file://", "file://host/path", "file:///dev/null/x"])
def test_bad_urls(url: str) -> None:
    with pytest.raises(StorageError):
        open_blobs(url)


async def test_children_are_the_names_directly_below(blobs: Blobs) -> None:
    assert list(await blobs.children("batches")) == []
    for key in ("batches/b1/0/result.jpg", "batches/b1/1/result.jpg", "batches/b2/x", "uploads/u1/content"):
        await blobs.put(key, b"x")
    assert sorted(await blobs.children("batches")) == ["b1", "b2"]
    assert sorted(await blobs.children("batches/b1")) == ["0", "1"]
    assert await blobs.children("batches/b2") == ["x"]


async def test_an_unfinished_put_makes_a_child_too(local: Blobs, folder: Path) -> None:
    (folder / "uploads/u1").mkdir(parents=True)
    (folder / "uploads/u1/content#1").write_bytes(b"half")
    assert await local.children("uploads") == ["u1"]
    await local.delete_prefix("uploads/u1")
    assert await local.children("uploads") == []


def test_a_folder_has_so_much_room_and_memory_has_no_end(local: Blobs) -> None:
    assert (local.free_bytes() or 0) > 0
    assert open_blobs("memory://").free_bytes() is None
