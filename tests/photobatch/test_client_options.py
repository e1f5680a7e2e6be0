"""What the client takes and tells: limits, retries, a caller's own httpx client, times that are over, signatures."""

import inspect
import pickle
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any, get_args, get_origin

import httpx
import pytest

import photobatch
from photobatch import AsyncPhotoBatch, Batch, PhotoBatch, PhotoBatchError, UnavailableError, WaitTimeoutError
from photobatch.schemas import ProgressMessage
from tests.deployments.conftest import World
from tests.deployments.in_process import served
from tests.photobatch.scripted_service import BATCH
from tests.photobatch.test_client_progress import talking


@pytest.fixture
async def client(world: World) -> AsyncIterator[AsyncPhotoBatch]:
    async with served(world.api) as host, AsyncPhotoBatch(f"http://{host}") as client:
        yield client


@pytest.mark.parametrize(("limit", "count"), [(None, 3), (0, 0), (1, 1), (2, 2), (9, 3)])
async def test_so_many_batches_and_no_more(
    world: World, client: AsyncPhotoBatch, limit: int | None, count: int
) -> None:
    made = [await world.submit() for _ in range(3)]
    found = [batch.task_id async for batch in client.batches(limit=limit)]
    assert found == made[::-1][:count]


async def test_pages_of_a_limit_join(world: World, client: AsyncPhotoBatch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("photobatch.client._PAGE", 2)
    made = [await world.submit() for _ in range(5)]
    assert [batch.task_id async for batch in client.batches(limit=4)] == made[:0:-1]


async def test_a_wait_that_is_over_says_so() -> None:
    async def say(socket: Any, connection: int) -> None:
        told = ProgressMessage(type="progress", version=1, batch=BATCH)
        await socket.send(told.model_dump_json())
        await socket.wait_closed()

    async with talking(say) as (client, _):
        with pytest.raises(WaitTimeoutError) as over:
            await client.batch("b1").wait(timeout_s=0.5)
    error = over.value
    assert isinstance(error, PhotoBatchError)
    assert isinstance(error, TimeoutError)
    done = BATCH.counts.total - BATCH.counts.queued - BATCH.counts.processing
    assert f"not ended within 0.5 s: {done} of {BATCH.counts.total} photos are done. It goes on" in str(error)
    assert vars(pickle.loads(pickle.dumps(error))) == vars(error)  # noqa: S301


async def test_a_client_of_the_caller_sends_the_requests_and_learns_no_key(world: World) -> None:
    asked: list[httpx.Request] = []

    async def note(request: httpx.Request) -> None:
        asked.append(request)

    async with served(world.api) as host, httpx.AsyncClient(event_hooks={"request": [note]}) as http:
        async with AsyncPhotoBatch(f"http://{host}", "secret-key", http_client=http) as client:
            await client.stats()
        await http.get(f"http://{host}/api/v1/health")
    assert [request.headers.get("authorization") for request in asked] == ["Bearer secret-key", None]


async def test_as_many_retries_as_asked_for() -> None:
    tries: list[float] = []

    def refuse(_: httpx.Request) -> httpx.Response:
        tries.append(time.monotonic())
        return httpx.Response(503)

    async with httpx.AsyncClient(transport=httpx.MockTransport(refuse)) as http:
        client = AsyncPhotoBatch("http://nowhere.example", max_retries=2, http_client=http)
        with pytest.raises(UnavailableError):
            await client.stats()
    assert len(tries) == 3


async def test_a_service_that_asks_for_an_hour_is_given_up_at_once() -> None:
    answer = httpx.Response(503, headers={"Retry-After": "3600"})
    async with httpx.AsyncClient(transport=httpx.MockTransport(lambda _: answer)) as http:
        with pytest.raises(UnavailableError) as refused:
            await AsyncPhotoBatch("http://nowhere.example", http_client=http).stats()
    assert refused.value.retry_after_s == 3600


@pytest.mark.parametrize("method", [Batch.progress, Batch.photos, PhotoBatch.batches])
def test_a_synchronous_method_says_that_it_iterates(method: Any) -> None:
    returns = inspect.signature(method).return_annotation
    assert get_origin(returns) is Iterator
    assert get_args(returns)[0].__name__ in {"ProgressEvent", "Photo", "Batch"}
    assert method.__annotations__["return"] == returns


def test_a_submit_of_the_synchronous_client_gives_a_synchronous_batch() -> None:
    assert inspect.signature(PhotoBatch.submit).return_annotation is Batch
    assert "preset" in inspect.signature(PhotoBatch.submit).parameters


def test_the_types_of_answers_are_at_the_top() -> None:
    for name in ("Photo", "Preset", "Share", "NewShare", "Upload"):
        assert getattr(photobatch, name).__name__ == name
        assert name in dir(photobatch)
