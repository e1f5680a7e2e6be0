"""The client offers what the coordinator answers, and outlives a coordinator that is gone or of another release."""

import inspect

import pytest
import ray

from actors.client import CoordinatorClient
from actors.directory import COORDINATOR
from actors.messages.coordinator_api import CoordinatorApi
from actors.messages.errors import BatchError
from actors.messages.ids import new_id


def test_each_call_goes_by_its_own_name() -> None:
    """What mypy does not see: two calls of the same kind that are mistaken for each other."""
    calls = [name for name, member in vars(CoordinatorApi).items() if inspect.iscoroutinefunction(member)]
    assert len(calls) > 30
    assert [name for name in calls if getattr(CoordinatorClient, name).__name__ != name] == []


async def test_nobody_is_there(ray_here: None) -> None:
    with pytest.raises(BatchError, match="unavailable"):
        await CoordinatorClient(new_id("test"), patience_s=0.0).stats()


@ray.remote(num_cpus=0)
class OfAnEarlierRelease:
    """It knows less than is asked of it."""

    async def previewer(self) -> str:
        return "worker-1"


async def test_a_coordinator_that_lacks_a_call_counts_as_one_that_is_gone(ray_here: None) -> None:
    namespace = new_id("test")
    earlier = OfAnEarlierRelease.options(name=COORDINATOR, namespace=namespace).remote()
    client = CoordinatorClient(namespace, patience_s=0.0)
    assert await client.previewer() == "worker-1"
    with pytest.raises(BatchError, match="unavailable"):
        await client.list_presets("ann")
    ray.kill(earlier)
