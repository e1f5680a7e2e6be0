"""What a submit may name of object stores, and what it is answered; the store answers in tests/actors."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from deployments.settings import Settings, SettingsError, load_settings
from tests.actors.sources.paging_s3 import PagingS3, paging
from tests.deployments.conftest import World

SUBMIT = "/api/v1/batch/submit"
OPEN = "s3://photos/open/"


@pytest.fixture
async def store(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[PagingS3]:
    async with paging([f"open/{number:04d}.jpg" for number in range(800)]) as store:
        for name, value in store.environment.items():
            monkeypatch.setenv(name, value)
        yield store


async def refused(world: World, **fields: Any) -> tuple[int, str, str]:
    answer = await world.http.post(SUBMIT, json={"preset_id": "filter_warm", **fields})
    body = answer.json()
    return answer.status_code, body["code"], body["field"]


async def test_a_prefix_is_accepted_and_grows(world: World, store: PagingS3) -> None:
    store.gate.clear()
    answer = await world.http.post(SUBMIT, json={"image_urls": [OPEN], "preset_id": "filter_warm"})
    body = answer.json()
    assert (answer.status_code, body["total"], body["expanding"]) == (202, 0, True)
    batch = (await world.http.get(body["status_url"])).json()
    assert (batch["expanding"], batch["progress"], batch["eta_s"], batch["truncated"]) == (True, None, None, False)
    assert batch["status"] == "queued"
    store.gate.set()
    deadline = time.monotonic() + 20
    while batch["expanding"]:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)
        batch = (await world.http.get(body["status_url"])).json()
    assert (batch["counts"]["total"], batch["progress"], batch["errors"]) == (800, 0.0, [])
    photo = (await world.http.get(f"{body['status_url']}/photos?limit=1")).json()["items"][0]
    assert (photo["source"], photo["name"]) == (f"{OPEN}0000.jpg", "0000.jpg")


async def test_parameters_of_a_prefix_are_its_photos(world: World, store: PagingS3) -> None:
    store.keys = ["open/a.jpg", "open/b.jpg"]
    params = {"strength": 0.5}
    task_id = await world.submit(image_urls=[], photos=[{"source": OPEN, "params": params}])
    deadline = time.monotonic() + 20
    while len(photos := (await world.coordinator.photos(task_id, None, 9, None))["items"]) < 2:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)
    assert [photo["params"] for photo in photos] == [params, params]


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("s3://photos/closed/a.jpg", (403, "forbidden_path")),
        ("s3://photos/open2/", (403, "forbidden_path")),
        ("s3://photos/", (403, "forbidden_path")),
        ("gs://photos/open/a.jpg", (403, "forbidden_path")),
        ("s3://photos/open/../closed/", (422, "invalid_source")),
        ("s3://photos/open%2F..%2Fclosed/a.jpg", (422, "invalid_source")),
        ("s3://photos/open//", (422, "invalid_source")),
        ("s3://photos/open/a.jpg?x=1", (422, "invalid_source")),
        ("s3://photos/open%2F", (422, "invalid_source")),
        ("s3:photos/open/a.jpg", (422, "invalid_source")),
    ],
)
async def test_what_may_not_be_named(world: World, source: str, code: tuple[int, str]) -> None:
    assert await refused(world, image_urls=[source]) == (*code, "image_urls[0]")
    assert (await refused(world, photos=[{"source": source}]))[:2] == code


async def test_a_mask_is_one_object(world: World) -> None:
    mask = {"mask": OPEN}
    answer = await refused(world, image_urls=["https://example.com/a.jpg"], preset_id="erase", preset_params=mask)
    assert answer == (422, "invalid_source", "preset_params.mask")


def settings(monkeypatch: pytest.MonkeyPatch, **environment: str) -> Settings:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return load_settings(_env_file=None)


def test_allowed_places_are_written_as_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    found = settings(monkeypatch, BATCH_SOURCE_URLS="s3://bucket/folder, gs://other,az://container/f/")
    assert found.source_urls == ("s3://bucket/folder/", "gs://other/", "az://container/f/")


@pytest.mark.parametrize("urls", ["bucket/folder", "https://bucket/x", "s3://", "s3://b/../x"])
def test_places_that_are_none(monkeypatch: pytest.MonkeyPatch, urls: str) -> None:
    with pytest.raises(SettingsError, match="BATCH_SOURCE_URLS"):
        settings(monkeypatch, BATCH_SOURCE_URLS=urls)


@pytest.mark.parametrize(
    ("urls", "blobs", "fits"),
    [
        ("s3://bucket/", "s3://bucket/photobatch", False),
        ("s3://bucket/photobatch/batches", "s3://bucket/photobatch/", False),
        ("s3://bucket/photobatch", "s3://bucket/photobatch", False),
        ("s3://bucket/x,s3://bucket", "s3://bucket", False),
        ("s3://bucket/photobatch2", "s3://bucket/photobatch", True),
        ("s3://bucket/photos", "s3://bucket/photobatch", True),
        ("gs://bucket/", "s3://bucket/photobatch", True),
        ("s3://bucket/", "file:///srv/blobs", True),
    ],
)
def test_the_blob_store_is_no_source(monkeypatch: pytest.MonkeyPatch, urls: str, blobs: str, fits: bool) -> None:
    if fits:
        assert settings(monkeypatch, BATCH_SOURCE_URLS=urls, BATCH_BLOB_URL=blobs)
    else:
        with pytest.raises(SettingsError, match="overlap"):
            settings(monkeypatch, BATCH_SOURCE_URLS=urls, BATCH_BLOB_URL=blobs)


def test_blobs_in_memory_are_nobody_elses(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match="BATCH_BLOB_URL"):
        settings(monkeypatch, BATCH_BLOB_URL="memory://")
