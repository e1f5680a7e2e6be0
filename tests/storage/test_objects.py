"""Addresses of objects: what they mean, which are below which, and what reading them answers."""

import os
from collections.abc import AsyncIterator

import obstore
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from obstore.store import MemoryStore

from benchmarks.servers.s3_server import S3Server
from storage import remote
from storage.errors import BlobNotFoundError, DeniedError, InvalidKeyError, StorageError, TooLargeError
from storage.objects import Objects, Place
from tests.storage.cutting_proxy import CuttingProxy, cutting

LARGE = os.urandom(20_000_000)


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("s3://bucket/a.jpg", "a.jpg"),
        ("s3://bucket/f/%E7%A9%BA%20x.jpg", "f/空 x.jpg"),
        ("s3://bucket/f/空.jpg", "f/空.jpg"),
        ("s3://bucket/f/100%25.jpg", "f/100%.jpg"),
        ("s3://bucket/f/a%3Fb%23c.jpg", "f/a?b#c.jpg"),
        ("gs://bucket/f%2Fa.jpg", "f/a.jpg"),
        ("az://bucket/f/", "f/"),
        ("s3://bucket/", ""),
        ("s3://bucket", ""),
    ],
)
def test_addresses(address: str, key: str) -> None:
    place = Place.parse(address)
    assert (place.bucket, place.key) == ("bucket", key)
    assert Place.parse(str(place)) == place
    assert place.is_prefix == (key == "" or key.endswith("/"))


@pytest.mark.parametrize(
    "address",
    [
        "s3:/bucket/a",
        "s3:bucket/a",
        "s3:///a",
        "s3://bu cket/a",
        "s3://user@bucket/a",
        "s3://..%2Fother/a",
        "http://bucket/a",
        "S3://bucket/a",
        "s3://bucket/../other/a",
        "s3://bucket/f/../a",
        "s3://bucket/f/%2e%2e/a",
        "s3://bucket/f%2F..%2Fa",
        "s3://bucket/f/./a",
        "s3://bucket/f//a",
        "s3://bucket//a",
        "s3://bucket/f//",
        "s3://bucket/f%2F%2Fa",
        "s3://bucket/a%00b",
        "s3://bucket/a%0Ab",
        "s3://bucket/a?versionId=1",
        "s3://bucket/a#b",
        "s3://bucket/%ff",
        "s3://bucket/" + "a" * 1100,
    ],
)
def test_what_names_no_object(address: str) -> None:
    with pytest.raises(InvalidKeyError):
        Place.parse(address)


def test_a_prefix_is_a_folder_not_the_start_of_a_name() -> None:
    folder = Place.parse("s3://bucket/folder/")
    for inside in ("s3://bucket/folder/a", "s3://bucket/folder/b/c", "s3://bucket/folder/", "s3://bucket/folder%2Fa"):
        assert Place.parse(inside).within(folder)
    for outside in (
        "s3://bucket/folder2/a",
        "s3://bucket/folder",
        "s3://bucket/Folder/a",
        "s3://other/folder/a",
        "gs://bucket/folder/a",
        "s3://bucket/",
    ):
        assert not Place.parse(outside).within(folder)


@given(st.text(min_size=1, max_size=40), st.text(min_size=1, max_size=20))
def test_every_key_that_can_be_named_is_named_and_read_again(key: str, folder: str) -> None:
    assume(key.encode(errors="ignore").decode() == key)
    place = Place("s3", "bucket", key)
    try:
        again = Place.parse(str(place))
    except InvalidKeyError:
        return
    assert again == place
    root = Place("s3", "bucket", f"{folder}/")
    assert again.within(root) == key.startswith(f"{folder}/")


@pytest.fixture
async def proxy(s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[CuttingProxy]:
    async with cutting(s3.endpoint) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.endpoint)
        yield proxy


@pytest.mark.parametrize("size", [0, 5, 20_000_000])
async def test_an_object_is_read_whole_or_refused_for_its_size(s3: S3Server, bucket: str, size: int) -> None:
    s3.call("PUT", bucket, "f/空 x#.jpg", LARGE[:size])
    place = Place.parse(f"s3://{bucket}/f/%E7%A9%BA%20x%23.jpg")
    assert await Objects().read(place, size) == LARGE[:size]
    if size:
        with pytest.raises(TooLargeError):
            await Objects().read(place, size - 1)


async def test_too_large_is_known_before_it_is_read(proxy: CuttingProxy, s3: S3Server, bucket: str) -> None:
    s3.call("PUT", bucket, "a.jpg", LARGE)
    with pytest.raises(TooLargeError):
        await Objects().read(Place("s3", bucket, "a.jpg"), 1000)
    assert proxy.passed < len(LARGE) / 2


async def test_what_is_missing_or_forbidden(s3: S3Server, bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for place in (Place("s3", bucket, "no.jpg"), Place("s3", "no-such-bucket", "a.jpg")):
        with pytest.raises(BlobNotFoundError):
            await Objects().read(place, 10)
    with pytest.raises(BlobNotFoundError):
        await anext(Objects().pages(Place("s3", "no-such-bucket", "f/"), None))
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    with pytest.raises(DeniedError):
        await Objects().read(Place("s3", bucket, "a.jpg"), 10)
    with pytest.raises(DeniedError):
        await anext(Objects().pages(Place("s3", bucket, "f/"), None))


async def test_a_busy_store_and_a_cut_connection(proxy: CuttingProxy, s3: S3Server, bucket: str) -> None:
    s3.call("PUT", bucket, "a.jpg", LARGE)
    proxy.busy, proxy.cut_answers = 2, [3_000_000, 1_000]
    assert await Objects().read(Place("s3", bucket, "a.jpg"), len(LARGE)) == LARGE
    assert (proxy.busy, proxy.cut_answers) == (0, [])


async def test_a_store_that_stays_busy_may_be_asked_later(
    proxy: CuttingProxy, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(remote.PATIENT, "max_retries", 1)
    proxy.busy = 100
    with pytest.raises(StorageError) as error:
        await Objects().read(Place("s3", bucket, "a.jpg"), 10)
    assert error.value.retryable


async def test_a_listing_comes_in_pages_and_goes_on_after_a_key(s3: S3Server, bucket: str) -> None:
    for number in range(5):
        s3.call("PUT", bucket, f"f/{number}.jpg", b"x")
    s3.call("PUT", bucket, "f/sub/", b"")
    s3.call("PUT", bucket, "f2/no.jpg", b"x")
    place = Place("s3", bucket, "f/")
    everything = [key async for page in Objects().pages(place, None) for key in page]
    assert everything == [*(f"f/{number}.jpg" for number in range(5)), "f/sub"]
    for number, key in enumerate(everything):
        rest = [key async for page in Objects().pages(place, key) for key in page]
        assert rest == everything[number + 1 :]


async def test_a_store_that_does_not_know_where_to_begin_repeats_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    store, everything = MemoryStore(), [f"f/{number:04d}.jpg" for number in range(2500)]
    for key in everything:
        await obstore.put_async(store, key, b"x")
    listing = obstore.list

    def from_the_start(store: MemoryStore, prefix: str, offset: str | None, chunk_size: int) -> object:
        return listing(store, prefix, chunk_size=chunk_size)

    monkeypatch.setattr(obstore, "list", from_the_start)
    objects = Objects()
    objects._stores["az", "bucket"] = store
    pages = [page async for page in objects.pages(Place("az", "bucket", "f/"), everything[1700])]
    assert all(pages)
    assert [key for page in pages for key in page] == everything[1701:]
