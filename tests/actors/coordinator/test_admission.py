"""The bounds of the queue: whoever fills their own share is told what to do, and nobody else pays for it."""

import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from actors.batches.batch import Batch
from actors.batches.events import Leased, Paused, Reported
from actors.coordinator.admission import Admission
from actors.coordinator.config import CoordinatorConfig
from actors.coordinator.upload_budget import UploadBudget
from actors.messages.errors import BatchError
from actors.messages.ids import new_id
from actors.messages.records import BatchSpec, LeaseKey, Outcome, PhotoSpec
from actors.photos.report import Report
from deployments import compose
from deployments.settings import Settings
from storage.blobs import open_blobs
from tests.actors.new_batch import new_batch
from tests.deployments.in_process import InProcess

PHOTO = PhotoSpec("https://a.org/1.jpg", "1.jpg")
Start = Callable[..., InProcess]


@pytest.fixture
async def start(tmp_path: Path) -> Any:
    made: list[InProcess] = []

    def start(**changes: Any) -> InProcess:
        made.append(InProcess(tmp_path, open_blobs("memory://"), **changes))
        return made[-1]

    yield start
    for one in made:
        one.shut()


async def submit(coordinator: InProcess, user: str, photos: int = 1) -> str:
    spec = BatchSpec(new_id("b"), user, preset={}, output={})
    return str((await coordinator.submit(spec, [PHOTO] * photos))["task_id"])


async def refusal(coordinator: InProcess, user: str, photos: int = 1) -> BatchError:
    with pytest.raises(BatchError, match="queue_full") as refused:
        await submit(coordinator, user, photos)
    return refused.value


async def test_what_one_user_has_paused_keeps_nobody_else_out(start: Start) -> None:
    coordinator = start(max_queue=4, max_queue_per_user=2)
    paused = [await submit(coordinator, "ann") for _ in range(2)]
    for task in paused:
        await coordinator.control(task, "pause")
    said = await refusal(coordinator, "ann")
    assert "of yours" in said.detail
    assert "resume, cancel or delete" in said.detail
    assert said.retry_after_s is None, "no wait would help"
    for user in ("ben", "cem"):
        for _ in range(2):
            await submit(coordinator, user)
    full = await refusal(coordinator, "dee")
    assert "service" in full.detail
    assert full.retry_after_s is not None
    await coordinator.delete(paused[0])
    own = await refusal(coordinator, "ben")
    assert "of yours" in own.detail


@pytest.mark.parametrize("action", ["resume", "cancel", "delete"])
async def test_what_the_refusal_says_makes_room(start: Start, action: str) -> None:
    coordinator = start(max_queue=4, max_queue_per_user=1)
    task = await submit(coordinator, "ann")
    await coordinator.control(task, "pause")
    await refusal(coordinator, "ann")
    if action == "delete":
        await coordinator.delete(task)
    else:
        await coordinator.control(task, action)
        if action == "resume":
            assert (await refusal(coordinator, "ann")).retry_after_s, "it goes on, and ends in time"
            coordinator.work(task, 0)
    await submit(coordinator, "ann")


@pytest.mark.parametrize("again", ["retry", "resume"])
async def test_no_more_than_a_share_is_taken_from_others_by_opening_batches_again(start: Start, again: str) -> None:
    coordinator = start(max_queue=4, max_queue_per_user=2, max_queued_photos=40, max_queued_photos_per_user=20)
    opened = []
    for _ in range(4):
        tasks = [await submit(coordinator, "ann", 10) for _ in range(2)]
        for task in tasks:
            await coordinator.control(task, "cancel")
        opened += tasks
    for task in opened:
        await coordinator.control(task, "retry")
        if again == "resume":
            await coordinator.control(task, "pause")
            await coordinator.control(task, "resume")
    for _ in range(2):
        await submit(coordinator, "ben", 10)
    await refusal(coordinator, "cem")
    assert "8 batches of yours" in (await refusal(coordinator, "ann")).detail


async def test_waiting_photos_count_likewise(start: Start) -> None:
    coordinator = start(max_queued_photos=100, max_queued_photos_per_user=50)
    big = await submit(coordinator, "ann", 80)  # an empty queue takes any batch
    await coordinator.control(big, "pause")
    said = await refusal(coordinator, "ann")
    assert "80 photos of yours" in said.detail
    assert said.retry_after_s is None
    await submit(coordinator, "ben", 50)
    await submit(coordinator, "cem", 50)
    assert "of yours" in (await refusal(coordinator, "ben", 1)).detail
    assert "service" in (await refusal(coordinator, "dee", 1)).detail
    await coordinator.control(big, "resume")
    waits = await refusal(coordinator, "ann")
    assert waits.retry_after_s is not None
    assert "paused" not in waits.detail
    coordinator.work(big, *range(31))  # 49 wait
    with pytest.raises(BatchError, match="service"):  # whose limit stands: ben's and cem's photos are waiting
        await submit(coordinator, "ann", 1)


async def test_a_user_alone_may_do_what_they_could_do_before(start: Start) -> None:
    coordinator = start(max_queue=100, max_queue_per_user=50, max_queued_photos=2000, max_queued_photos_per_user=1000)
    for _ in range(50):
        await submit(coordinator, "ann", 20)
    await refusal(coordinator, "ann")


VERSIONS = count(1)


def a_batch(user: str, photos: int, done: int, each_s: float, *, paused: bool = False) -> Batch:
    """A batch under way, of which one worker did a photo every so many seconds until just now."""
    now = time.time()
    begun = now - done * each_s
    batch = new_batch(BatchSpec(new_id("b"), user, {}, {}), [PHOTO] * photos, begun, VERSIONS)
    batch.apply(next(VERSIONS), begun, Leased("w", [(index, 1) for index in range(done + 1)], alone=False))
    for index in range(done):
        report = Report.of(Outcome(LeaseKey(batch.spec.task_id, index, 1), result={}), None)
        batch.apply(next(VERSIONS), now - (done - 1 - index) * each_s, Reported([report]))
    if paused:
        batch.apply(next(VERSIONS), now, Paused())
    return batch


def admission(**bounds: int) -> Admission:
    known: Any = {"max_queue": 1000, "max_queued_photos": 100_000, "max_photos": 10_000} | bounds
    unused: Any = dict.fromkeys(("open_journal", "open_blobs", "worker", "elastic", "gpus"))
    return Admission(CoordinatorConfig(**unused, retry_count=0, result_ttl_s=1.0, version="test", **known))


def wait_s(here: Admission, photos: int, batches: list[Batch]) -> float | None:
    with pytest.raises(BatchError, match="queue_full") as refused:
        here.check("ann", photos, batches)
    return refused.value.retry_after_s


CASES = {
    "the first of one's own to end": ({"max_queue_per_user": 2}, 1, ["long", "short", "ben"], 41),
    "not the first of somebody else's": ({"max_queue_per_user": 2}, 1, ["ben", "long", "short"], 41),
    "those that go on, not the paused ones": ({"max_queue_per_user": 2}, 1, ["long", "paused"], 101),
    "as many as must end": ({"max_queue_per_user": 1}, 1, ["long", "short"], 101),
    "more must end than go on": ({"max_queue_per_user": 1}, 1, ["long", "paused"], None),
    "the service's first": ({"max_queue": 3}, 1, ["long", "short", "ben"], 10),
    "photos at the pace of all one's batches": ({"max_queued_photos_per_user": 200}, 80, ["long", "short"], 10),
    "until none is left, for more than a share": ({"max_queued_photos_per_user": 200}, 300, ["long", "short"], 70),
    "photos that stay, for they are paused": ({"max_queued_photos_per_user": 200}, 190, ["long", "paused"], None),
    "photos beside paused ones": ({"max_queued_photos_per_user": 200}, 100, ["long", "paused"], 79),
}


@pytest.mark.parametrize("case", CASES)
def test_retry_after_is_when_there_will_be_room(case: str) -> None:
    bounds, photos, named, expected = CASES[case]
    batches = {
        "long": a_batch("ann", 121, 20, 1.0),  # 101 to go, at one a second
        "short": a_batch("ann", 61, 20, 1.0),
        "paused": a_batch("ann", 100, 20, 1.0, paused=True),
        "ben": a_batch("ben", 40, 20, 0.5),
    }
    found = wait_s(admission(**bounds), photos, [batches[name] for name in named])
    assert (found is None) == (expected is None)
    assert found is None or found == pytest.approx(expected, rel=0.15)


def test_by_default_whole_batches_fit_and_nobody_has_all_the_room(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, _env_file=None)  # type: ignore[call-arg]
    config = compose.coordinator_config(settings)
    here = Admission(config)
    waiting = [a_batch("ann", 10_000, 1, 1.0) for _ in range(8)]
    here.check("ann", settings.max_photos, waiting)
    here.check("ben", settings.max_photos, waiting * 6)  # 48 batches, which ann got into by retries
    with pytest.raises(BatchError, match="of yours"):
        here.check("ann", 1, waiting * 2)
    uploads = UploadBudget(config.max_upload_bytes_per_user, lambda: None)
    for photo in range(settings.max_photos):
        uploads.hold(f"u{photo}", "ann", settings.max_bytes)
