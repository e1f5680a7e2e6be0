"""s3: sources as a worker fetches them: only from where the service's keeper allows it."""

import pytest

from actors.messages.errors import SourceError
from actors.sources.fetch import Fetcher, Roots, allowed_object
from benchmarks.servers.s3_server import S3Server
from storage import remote
from storage.blobs import open_blobs

LIMIT = 1000


def fetcher(*roots: str) -> Fetcher:
    return Fetcher(open_blobs("memory://"), max_bytes=LIMIT, roots=Roots((), roots), allowed_hosts=frozenset())


async def refusal(fetcher: Fetcher, source: str) -> SourceError:
    with pytest.raises(SourceError) as error:
        await fetcher.fetch(source)
    return error.value


async def test_an_object_below_an_allowed_address(s3: S3Server, bucket: str) -> None:
    s3.call("PUT", bucket, "open/a b.jpg", b"a photo")
    assert await fetcher(f"s3://{bucket}/open/").fetch(f"s3://{bucket}/open/a%20b.jpg") == b"a photo"
    assert await fetcher("gs://other/", f"s3://{bucket}/").fetch(f"s3://{bucket}/open%2Fa%20b.jpg") == b"a photo"


async def test_what_is_wrong_with_an_object_is_said(s3: S3Server, bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    s3.call("PUT", bucket, "open/large.jpg", bytes(LIMIT + 1))
    codes = {}
    for name in ("large", "none"):
        codes[name] = (await refusal(fetcher(f"s3://{bucket}/open/"), f"s3://{bucket}/open/{name}.jpg")).code
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    codes["denied"] = (await refusal(fetcher(f"s3://{bucket}/open/"), f"s3://{bucket}/open/large.jpg")).code
    assert codes == {"large": "too_large", "none": "source_not_found", "denied": "forbidden_source"}


async def test_a_store_that_does_not_answer_may_be_asked_later(s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(remote.PATIENT, "max_retries", 0)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    error = await refusal(fetcher("s3://bucket/"), "s3://bucket/a.jpg")
    assert (error.code, error.retryable) == ("fetch_failed", True)


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("s3://bucket/folder2/a.jpg", "forbidden_path"),
        ("s3://bucket/folder", "forbidden_path"),
        ("s3://bucket/", "forbidden_path"),
        ("s3://other/folder/a.jpg", "forbidden_path"),
        ("gs://bucket/folder/a.jpg", "forbidden_path"),
        ("s3://bucket/folder%2e/a.jpg", "forbidden_path"),
        ("s3://bucket/folder/../secret.jpg", "invalid_source"),
        ("s3://bucket/folder/%2E%2E/secret.jpg", "invalid_source"),
        ("s3://bucket/folder%2F..%2Fsecret.jpg", "invalid_source"),
        ("s3://bucket/folder//secret.jpg", "invalid_source"),
        ("s3://bucket//folder/a.jpg", "invalid_source"),
        ("s3://bucket/folder/a.jpg?versionId=x", "invalid_source"),
        ("s3://bucket@evil/folder/a.jpg", "invalid_source"),
    ],
)
def test_nothing_else_is_read(source: str, code: str) -> None:
    with pytest.raises(SourceError) as error:
        allowed_object(source, ("s3://bucket/folder/",))
    assert error.value.code == code


def test_without_a_setting_nothing_is_read() -> None:
    with pytest.raises(SourceError, match="BATCH_SOURCE_URLS"):
        allowed_object("s3://bucket/a.jpg", ())
