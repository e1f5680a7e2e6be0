"""Prefixes: listed after the batch was accepted, page by page; nothing twice, nothing missed, whatever happens."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from actors.coordinator import expansion
from actors.messages.ids import new_id
from actors.messages.records import BatchSpec, Json, PhotoSpec
from photobatch.naming.formats import FORMATS
from storage import remote
from storage.blobs import open_blobs
from tests.actors.sources.paging_s3 import PagingS3, paging
from tests.deployments.in_process import InProcess

KEYS = [f"shoot/{number:05d}.jpg" for number in range(2500)]


@pytest.fixture
async def store(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[PagingS3]:
    monkeypatch.setitem(remote.PATIENT, "max_retries", 0)
    monkeypatch.setattr(expansion, "backoff_s", lambda *_: 0.0)
    monkeypatch.setattr(expansion, "LOOK_S", 0.01)
    async with paging(KEYS) as store:
        for name, value in store.environment.items():
            monkeypatch.setenv(name, value)
        yield store


Start = Callable[..., InProcess]


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    async with AsyncExitStack() as stack:

        def start(**changes: Any) -> InProcess:
            made = InProcess(tmp_path, open_blobs("memory://"), **{"max_photos": 100_000, **changes})
            stack.callback(made.shut)
            return made

        yield start


def prefix(path: str = "shoot/", params: Json | None = None) -> PhotoSpec:
    return PhotoSpec(f"s3://photos/{path}", "", params)


async def submit(coordinator: InProcess, *photos: PhotoSpec, user: str = "ann") -> str:
    spec = BatchSpec(new_id("b"), user, preset={"id": "filter_warm", "type": "filter"}, output={})
    view = await coordinator.submit(spec, list(photos))
    return str(view["task_id"])


async def until(coordinator: InProcess, task_id: str, condition: Callable[[Json], Any]) -> Json:
    deadline = time.monotonic() + 30
    while not condition(view := await coordinator.get(task_id)):
        assert time.monotonic() < deadline, view
        await asyncio.sleep(0.005)
    return view


async def listed(coordinator: InProcess, task_id: str) -> Json:
    return await until(coordinator, task_id, lambda view: not view["expanding"])


async def sources(coordinator: InProcess, task_id: str) -> list[str]:
    page = await coordinator.photos(task_id, None, 200_000, None)
    assert [photo["index"] for photo in page["items"]] == list(range(len(page["items"])))
    return [photo["source"] for photo in page["items"]]


async def test_a_prefix_becomes_its_photos(store: PagingS3, start: Start) -> None:
    coordinator = start()
    store.gate.clear()
    task_id = await submit(coordinator, prefix())
    view = await coordinator.get(task_id)
    assert (view["status"], view["counts"]["total"], view["expanding"]) == ("queued", 0, True)
    assert (view["progress"], view["eta_s"]) == (None, None)
    store.gate.set()
    view = await listed(coordinator, task_id)
    assert (view["counts"]["total"], view["truncated"], view["errors"]) == (2500, False, [])
    assert view["progress"] == 0.0
    assert await sources(coordinator, task_id) == [f"s3://photos/{key}" for key in KEYS]


async def test_what_is_listed_is_worked_on_and_the_batch_waits_for_the_rest(store: PagingS3, start: Start) -> None:
    coordinator = start()
    store.fail_after = KEYS[1999]
    store.status = 503
    store.gate.clear()
    task_id = await submit(coordinator, PhotoSpec("https://x/one.jpg", "one.jpg"), prefix())
    coordinator.work(task_id, 0)
    view = await coordinator.get(task_id)
    assert (view["status"], view["finished_at"], view["counts"]["succeeded"]) == ("processing", None, 1)
    assert view["expires_at"] is None
    store.gate.set()
    view = await listed(coordinator, task_id)
    coordinator.work(task_id, *range(1, view["counts"]["total"]))
    assert (await coordinator.get(task_id))["status"] == "completed"


async def test_the_last_photo_may_end_before_the_last_page_comes(store: PagingS3, start: Start) -> None:
    coordinator = start()
    store.keys = KEYS[:1001]
    task_id = await submit(coordinator, prefix())
    await until(coordinator, task_id, lambda view: view["counts"]["total"] >= 1000)
    await listed(coordinator, task_id)
    coordinator.work(task_id, *range(1001))
    assert (await coordinator.get(task_id))["status"] == "completed"
    empty = await submit(coordinator, PhotoSpec("https://x/one.jpg", "one.jpg"), prefix("nothing/"))
    coordinator.work(empty, 0)
    view = await until(coordinator, empty, lambda view: view["status"] == "completed")
    assert [error["code"] for error in view["errors"]] == ["empty_prefix"]


async def test_sources_of_all_kinds_keep_their_order(store: PagingS3, start: Start) -> None:
    store.keys = sorted([*KEYS[:3], "b/x.png", "b/y.webp", "b2/z.jpg"])
    coordinator = start()
    named = [PhotoSpec("https://x/1.jpg", "1.jpg"), PhotoSpec("upload:u1", "u.jpg")]
    task_id = await submit(coordinator, named[0], prefix("shoot/"), named[1], prefix("b/", {"strength": 0.5}))
    await listed(coordinator, task_id)
    assert await sources(coordinator, task_id) == [
        "https://x/1.jpg",
        "upload:u1",
        *(f"s3://photos/{key}" for key in KEYS[:3]),
        "s3://photos/b/x.png",
        "s3://photos/b/y.webp",
    ]
    page = await coordinator.photos(task_id, None, 10, None)
    assert [photo["params"] for photo in page["items"]][-2:] == [{"strength": 0.5}] * 2
    assert page["items"][-1]["name"] == "y.webp"


async def test_only_photos_are_taken_and_odd_names_survive(store: PagingS3, start: Start) -> None:
    odd = ["p/100%.jpg", "p/a b.JPG", "p/空#1?.heic", "p/sub/deep.tiff"]
    store.keys = sorted([*odd, "p/", "p/sub/", "p/notes.txt", "p/.hidden.jpg", "p/.trash/x.jpg", "p/jpg", "p2/no.jpg"])
    coordinator = start()
    task_id = await submit(coordinator, prefix("p/"))
    await listed(coordinator, task_id)
    found = await sources(coordinator, task_id)
    assert [expansion.Place.parse(source).key for source in found] == sorted(odd, key=str.encode)
    assert all("?" not in source and "#" not in source and " " not in source for source in found)


@pytest.mark.parametrize("room", [1000, 1700, 2499, 2500])
async def test_over_the_limit_it_stops_growing(store: PagingS3, start: Start, room: int) -> None:
    coordinator = start(max_photos=room)
    task_id = await submit(coordinator, prefix(), prefix("other/"))
    view = await listed(coordinator, task_id)
    assert (view["counts"]["total"], view["truncated"]) == (room, room < 2500)


async def test_nothing_below_it_is_a_failure_that_says_so(store: PagingS3, start: Start) -> None:
    coordinator = start()
    task_id = await submit(coordinator, prefix("nothing/"))
    view = await listed(coordinator, task_id)
    assert (view["status"], view["counts"]["total"], view["progress"]) == ("failed", 0, 0.0)
    (error,) = view["errors"]
    assert (error["code"], error["source"]) == ("empty_prefix", "s3://photos/nothing/")
    assert view["expires_at"] is not None
    store.keys = ["nothing/now.jpg"]
    await coordinator.control(task_id, "retry")
    coordinator._expander.tick()
    view = await listed(coordinator, task_id)
    assert (view["status"], view["counts"]["total"], view["errors"]) == ("queued", 1, [])


async def test_a_store_that_fails_for_a_while_is_asked_again_where_it_was(store: PagingS3, start: Start) -> None:
    coordinator = start()
    store.fail_pages = 3
    task_id = await submit(coordinator, prefix())
    view = await listed(coordinator, task_id)
    assert (view["counts"]["total"], view["errors"]) == (2500, [])
    assert await sources(coordinator, task_id) == [f"s3://photos/{key}" for key in KEYS]


async def test_a_store_that_goes_on_failing_ends_the_listing_and_a_retry_lists_the_rest(
    store: PagingS3, start: Start
) -> None:
    coordinator = start()
    store.fail_after = KEYS[999]
    task_id = await submit(coordinator, prefix())
    view = await listed(coordinator, task_id)
    assert view["counts"]["total"] == 1000
    assert [error["code"] for error in view["errors"]] == ["source_unavailable"]
    coordinator.work(task_id, *range(1000))
    assert (await coordinator.get(task_id))["status"] == "completed"
    store.fail_after = None
    await coordinator.control(task_id, "retry")
    coordinator._expander.tick()
    view = await listed(coordinator, task_id)
    assert (view["status"], view["counts"]["succeeded"], view["counts"]["queued"]) == ("processing", 1000, 1500)
    assert await sources(coordinator, task_id) == [f"s3://photos/{key}" for key in KEYS]


async def test_what_may_not_be_listed_is_not_asked_again(store: PagingS3, start: Start) -> None:
    coordinator = start()
    store.fail_pages, store.status = 100, 403
    view = await listed(coordinator, await submit(coordinator, prefix()))
    assert (view["status"], [error["code"] for error in view["errors"]]) == ("failed", ["forbidden_source"])
    assert len(store.listings) == 1


async def test_keys_that_nothing_can_read_are_a_failure_that_says_so(store: PagingS3, start: Start) -> None:
    store.keys = ["p/a.jpg", "p/x//b.jpg"]
    coordinator = start()
    view = await listed(coordinator, await submit(coordinator, prefix("p/")))
    assert (view["status"], [error["code"] for error in view["errors"]]) == ("failed", ["invalid_source"])


async def test_cancelled_while_it_is_listed(store: PagingS3, start: Start) -> None:
    coordinator = start()
    store.gate.clear()
    task_id = await submit(coordinator, PhotoSpec("https://x/one.jpg", "one.jpg"), prefix())
    view = await coordinator.control(task_id, "cancel")
    assert (view["status"], view["expanding"], view["counts"]["cancelled"]) == ("cancelled", False, 1)
    store.gate.set()
    await until(coordinator, task_id, lambda _: task_id not in coordinator._expander._at_work)
    assert (await coordinator.get(task_id))["counts"]["total"] == 1
    await coordinator.control(task_id, "retry")
    coordinator._expander.tick()
    view = await listed(coordinator, task_id)
    assert (view["status"], view["counts"]["queued"]) == ("queued", 2501)


async def test_a_batch_of_nothing_but_a_prefix_can_be_cancelled(store: PagingS3, start: Start) -> None:
    coordinator = start()
    store.gate.clear()
    task_id = await submit(coordinator, prefix())
    view = await coordinator.control(task_id, "cancel")
    assert view["status"] == "cancelled"
    assert view["finished_at"] is not None


async def test_paused_it_is_listed_and_waits(store: PagingS3, start: Start) -> None:
    coordinator = start()
    store.gate.clear()
    task_id = await submit(coordinator, prefix())
    assert (await coordinator.control(task_id, "pause"))["status"] == "paused"
    store.gate.set()
    view = await listed(coordinator, task_id)
    assert (view["status"], view["counts"]["queued"]) == ("paused", 2500)


async def test_deleted_while_it_is_listed(store: PagingS3, start: Start) -> None:
    coordinator = start()
    store.gate.clear()
    task_id = await submit(coordinator, prefix())
    await coordinator.delete(task_id)
    store.gate.set()
    deadline = time.monotonic() + 20
    while task_id in coordinator._expander._at_work:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.005)
    assert coordinator._ledger.condemned[task_id].counts.total() == 0


async def test_a_full_queue_is_not_made_fuller(store: PagingS3, start: Start) -> None:
    coordinator = start(max_queued_photos=1500)
    task_id = await submit(coordinator, prefix())
    view = await until(coordinator, task_id, lambda view: view["counts"]["total"] == 2000)
    coordinator.work(task_id, *range(400))
    for _ in range(20):
        await asyncio.sleep(0.01)
    view = await coordinator.get(task_id)
    assert (view["counts"]["total"], view["expanding"]) == (2000, True)
    coordinator.work(task_id, *range(400, 1000))
    assert (await listed(coordinator, task_id))["counts"]["total"] == 2500


async def test_whoever_waits_for_room_of_their_own_keeps_nobody_else_waiting(store: PagingS3, start: Start) -> None:
    coordinator = start(max_queue=20, max_queued_photos_per_user=500)
    store.gate.clear()
    waiting = [await submit(coordinator, prefix()) for _ in range(6)]
    store.gate.set()

    async def all_of_ann() -> int:
        return sum([(await coordinator.get(task_id))["counts"]["total"] for task_id in waiting])

    batches = coordinator._ledger.open
    await until(coordinator, waiting[0], lambda _: any(len(batch.photos) for batch in batches.values()))
    other = await submit(coordinator, prefix(), user="ben")
    view = await until(coordinator, other, lambda view: view["counts"]["total"] == 1000)
    coordinator.work(other, *range(1000))
    view = await until(coordinator, other, lambda view: view["counts"]["total"] == 2000)
    assert view["counts"]["succeeded"] == 1000
    assert await all_of_ann() <= 4000  # a page each of those that listed before the share was full


@pytest.mark.parametrize("pages", [0, 1, 2])
async def test_a_successor_goes_on_where_it_was(store: PagingS3, start: Start, pages: int) -> None:
    first = start()
    if pages:
        store.fail_after = KEYS[pages * 1000 - 1]
        expansion_waits = asyncio.Event()
        first._expander._room = _stop_after(first, pages, expansion_waits)  # type: ignore[method-assign]
        store.fail_after = None
    else:
        store.gate.clear()
        expansion_waits = asyncio.Event()
        expansion_waits.set()
    task_id = await submit(first, prefix(), PhotoSpec("https://x/one.jpg", "one.jpg"))
    await asyncio.wait_for(expansion_waits.wait(), 20)
    before = await sources(first, task_id)
    assert len(before) == 1 + pages * 1000
    first._expander.stop()
    first.shut()
    store.gate.set()
    second = start()
    assert await sources(second, task_id) == before
    second._expander.tick()
    view = await listed(second, task_id)
    assert (view["counts"]["total"], view["errors"]) == (2501, [])
    assert await sources(second, task_id) == ["https://x/one.jpg", *(f"s3://photos/{key}" for key in KEYS)]


def _stop_after(coordinator: InProcess, pages: int, stopped: asyncio.Event) -> Any:
    seen = 0

    async def room(batch: Any) -> None:
        nonlocal seen
        seen += 1
        if seen > pages:
            stopped.set()
            await asyncio.Event().wait()

    return room


def test_prefixes_take_what_folders_on_a_command_line_take() -> None:
    assert set(expansion.SUFFIXES) == set(FORMATS)


async def test_a_hundred_thousand(store: PagingS3, start: Start) -> None:
    store.keys = [f"shoot/{number:06d}.jpg" for number in range(100_000)]
    coordinator = start(max_queued_photos=200_000)
    task_id = await submit(coordinator, prefix())
    assert len(store.listings) <= 1  # it was accepted before anything was listed
    view = await listed(coordinator, task_id)
    assert view["counts"]["total"] == 100_000
    assert len(store.listings) == 100
