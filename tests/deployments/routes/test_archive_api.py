"""Parts of a batch as a ZIP file: which photos are chosen, and what they are called."""

import io
import zipfile
import zlib

import pytest

from storage.keys import result_key
from tests.deployments.conftest import World


async def test_positions_and_ranges_choose_photos_in_any_order(world: World) -> None:
    world.urls = [f"https://example.com/{number}.jpg" for number in range(10)]
    task = await world.submit()
    for index in range(10):
        await world.blobs.put(result_key(task, index, 1, "jpg"), b"large")
    world.coordinator.work(task, *range(10), crc32=zlib.crc32(b"large"))
    for photos, expected in [
        ("3", "3"),
        ("7,2-4,0,3-3,9-5,0", "02347"),
        ("0-8,1-2", "012345678"),
        ("4-999999999", "456789"),
        (",".join(["0-1"] * 1999), "01"),
    ]:
        answer = await world.http.get(f"/api/v1/batch/{task}/archive.zip", params={"photos": photos})
        packed = zipfile.ZipFile(io.BytesIO(answer.content))
        assert "".join(name.removesuffix(".jpg") for name in packed.namelist()) == expected, photos[:20]
    none = await world.http.get(f"/api/v1/batch/{task}/archive.zip", params={"photos": "9-5,10"})
    assert (none.status_code, none.json()["code"]) == (404, "not_ready")


async def test_an_original_is_read_once_for_all_who_ask_for_its_archive(world: World, jpeg: bytes) -> None:
    files = [("files", (f"{number}.jpg", jpeg, "image/jpeg")) for number in range(2)]
    made = await world.http.post("/api/v1/batch/submit", data={"preset_id": "filter_warm"}, files=files)
    task = made.json()["task_id"]
    world.coordinator.work(task, 0, 1)
    asked = f"/api/v1/batch/{task}/archive.zip?of=originals"
    packed = zipfile.ZipFile(io.BytesIO((await world.http.get(asked)).content))
    assert [packed.read(name) for name in packed.namelist()] == [jpeg, jpeg]
    for file in (world.folder / "blobs").rglob("*"):
        if file.is_file() and file.stat().st_size == len(jpeg):
            file.unlink()
    assert (await world.http.head(f"{asked}&photos=1")).status_code == 200, "its size and hash are known"


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("Anna & Ben", "Anna & Ben.zip"),
        ("..", "photo.zip"),
        ("../../etc/passwd", "_._etc_passwd.zip"),
        ("con", "_con.zip"),
        ("a\r\nSet-Cookie: x=1", "a Set-Cookie_ x=1.zip"),
    ],
)
async def test_a_zip_is_called_as_its_batch(world: World, name: str, file: str) -> None:
    task = await world.submit(name=name)
    await world.blobs.put(result_key(task, 0, 1, "jpg"), b"large")
    world.coordinator.work(task, 0, crc32=zlib.crc32(b"large"))
    answer = await world.http.head(f"/api/v1/batch/{task}/archive.zip")
    assert answer.headers["content-disposition"] == f'attachment; filename="{file}"'
