"""What is S3's own: cut connections, a store that is busy, credentials, missing buckets, signed addresses."""

import asyncio
import os
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from typing import Any

import obstore
import pytest

from benchmarks.servers.s3_server import S3Server
from storage import remote
from storage.blobs import Blobs, open_blobs
from storage.errors import BlobNotFoundError, StorageError
from storage.store_check import check_store
from tests.storage.cutting_proxy import CuttingProxy, cutting

LARGE = os.urandom(20_000_000)
PHOTO = LARGE[:3_000_000]


@pytest.fixture
async def proxy(s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[CuttingProxy]:
    async with cutting(s3.endpoint) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.endpoint)
        yield proxy


@pytest.fixture
def blobs(bucket: str) -> Blobs:
    return open_blobs(f"s3://{bucket}/folder")


@pytest.fixture
def through(proxy: CuttingProxy, bucket: str) -> Blobs:
    """The same store, behind the proxy."""
    return open_blobs(f"s3://{bucket}/folder")


async def streamed(blobs: Blobs, key: str, start: int = 0) -> bytes:
    return b"".join([piece async for piece in blobs.stream(key, start)])


@pytest.mark.parametrize("data", [PHOTO, LARGE], ids=["photo", "large"])
async def test_a_get_or_a_stream_that_is_cut_is_whole_in_the_end(
    through: Blobs, proxy: CuttingProxy, data: bytes
) -> None:
    await through.put("a", data)
    proxy.hang_up()
    before = proxy.connections
    proxy.cut_answers = [2_000_000, 1_000, 300_000]
    assert await streamed(through, "a", 5) == data[5:]
    proxy.hang_up()
    proxy.cut_answers += [1_000_000, 50]
    assert await through.get("a") == data
    assert proxy.connections - before >= 5
    assert proxy.cut_answers == []


async def test_a_put_and_a_writer_that_are_cut_are_whole_in_the_end(through: Blobs, proxy: CuttingProxy) -> None:
    proxy.cut_requests = [100_000, 1_000_000]
    await through.put("a", PHOTO)
    proxy.hang_up()
    proxy.cut_requests += [3_000_000, 10]
    async with through.writer("b") as writer:
        await writer.write(LARGE)
    assert proxy.cut_requests == []
    assert await through.get("a") == PHOTO
    assert await through.get("b") == LARGE


async def test_what_is_always_cut_fails_and_is_never_short(through: Blobs, proxy: CuttingProxy, bucket: str) -> None:
    await through.put("a", PHOTO)
    proxy.hang_up()
    hasty = Blobs(f"s3://{bucket}/folder", remote.HASTY)
    proxy.cut_answers = [1_000_000] * 100
    got = b""
    with pytest.raises(StorageError) as error:  # noqa: PT012
        async for piece in hasty.stream("a"):
            got += piece
    assert error.value.retryable
    assert PHOTO.startswith(got)
    with pytest.raises(StorageError):
        await hasty.get("a")


async def test_a_store_that_is_busy_is_asked_again(through: Blobs, proxy: CuttingProxy) -> None:
    proxy.busy = 3
    await through.put("a", b"x")
    assert (proxy.busy, await through.get("a")) == (0, b"x")


async def test_a_store_that_stays_busy_is_an_error_that_passes(proxy: CuttingProxy, bucket: str) -> None:
    proxy.busy = 1000
    with pytest.raises(StorageError) as error:
        await Blobs(f"s3://{bucket}", remote.HASTY).put("a", b"x")
    assert error.value.retryable
    assert "SlowDown" in str(error.value), "whoever keeps the service learns why"


async def test_large_blobs_come_back_whole(blobs: Blobs) -> None:
    await blobs.put("put", LARGE)
    await blobs.copy("put", "copy")
    assert await blobs.get("copy") == LARGE
    assert await streamed(blobs, "put", 19_000_000) == LARGE[19_000_000:]
    assert await blobs.get_range("copy", 8_388_600, 8_388_700) == LARGE[8_388_600:8_388_700]


async def test_parts_of_two_versions_are_never_put_together(blobs: Blobs, monkeypatch: pytest.MonkeyPatch) -> None:
    await blobs.put("a", LARGE)
    ask = obstore.get_async
    asked: list[str] = []

    async def replaced_after_the_first(store: Any, key: str, **options: Any) -> Any:
        found = await ask(store, key, **options)
        asked.append(key)
        if len(asked) == 1:
            await blobs.put("a", LARGE[::-1])
        return found

    monkeypatch.setattr(obstore, "get_async", replaced_after_the_first)
    with pytest.raises(StorageError) as error:
        await blobs.get("a")
    assert error.value.retryable
    assert not isinstance(error.value, BlobNotFoundError)


async def test_no_bucket_is_not_no_blob(s3: S3Server) -> None:
    nowhere = open_blobs("s3://no-such-bucket/folder")
    for call in (
        nowhere.get("a"),
        nowhere.size("a"),
        nowhere.delete("a"),
        nowhere.delete_prefix("a"),
        nowhere.put("a", b""),
        nowhere.get_range("a", 0, 1),
    ):
        with pytest.raises(StorageError) as error:
            await call
        assert not isinstance(error.value, BlobNotFoundError)


async def test_a_signed_address_is_good_for_its_time_and_its_blob(blobs: Blobs) -> None:
    await blobs.put("a b/ü.jpg", b"hello", media_type="image/jpeg")
    url = await blobs.sign("a b/ü.jpg", 2.0)
    assert url is not None

    def fetch(url: str, **headers: str) -> tuple[int, bytes, str]:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:  # noqa: S310
            return answer.status, answer.read(), answer.headers["Content-Type"]

    assert await asyncio.to_thread(fetch, url) == (200, b"hello", "image/jpeg")
    assert await asyncio.to_thread(fetch, url, Range="bytes=1-2") == (206, b"el", "image/jpeg")
    with pytest.raises(urllib.error.HTTPError, match="403"):
        await asyncio.to_thread(fetch, url.replace(".jpg", ".jpeg"))
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            await asyncio.to_thread(fetch, url)
        except urllib.error.HTTPError as error:
            assert error.code == 403  # noqa: PT017
            break
        await asyncio.sleep(0.2)
    else:
        pytest.fail("it does not expire")


async def test_stores_that_cannot_sign_say_so(tmp_path: object) -> None:
    assert await open_blobs("memory://").sign("a", 60) is None
    assert await open_blobs(f"file://{tmp_path}").sign("a", 60) is None


async def test_the_check_leaves_nothing(bucket: str) -> None:
    await check_store(f"s3://{bucket}/folder")
    assert [key async for key in open_blobs(f"s3://{bucket}/folder").list()] == []


@pytest.mark.parametrize(
    ("changes", "advice"),
    [
        ({"AWS_SECRET_ACCESS_KEY": "wrong"}, r"check the AWS_\* credentials"),
        ({"AWS_ACCESS_KEY_ID": "AKIANOBODYATALL00000"}, r"check the AWS_\* credentials"),
        ({"AWS_ACCESS_KEY_ID": None}, r"no credentials"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, "Nothing answers"),
        ({"AWS_ALLOW_HTTP": None}, "AWS_ALLOW_HTTP=true"),
        ({}, "bucket .* does not exist"),
    ],
    ids=["secret", "key", "none", "endpoint", "http", "bucket"],
)
async def test_the_check_says_what_to_do(
    s3: S3Server, bucket: str, monkeypatch: pytest.MonkeyPatch, changes: dict[str, str | None], advice: str
) -> None:
    for name, value in changes.items():
        if value is None:
            monkeypatch.delenv(name)
        else:
            monkeypatch.setenv(name, value)
    with pytest.raises(StorageError, match=advice):
        await check_store(f"s3://{bucket if changes else 'no-such-bucket'}/folder")
