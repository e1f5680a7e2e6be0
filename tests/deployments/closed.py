"""A service with API keys, and two users of it."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import httpx
from fastapi import FastAPI

from actors.messages.records import Json, Preview
from actors.sources.fetch import Fetcher, Roots
from deployments.api import create_api
from deployments.gate.access import Access
from deployments.gate.api_keys import ApiKeys
from storage.blobs import Blobs
from tests.deployments.conftest import World

ANN_KEY, BEN_KEY, WRONG_KEY = "ann-" * 8, "ben-" * 8, "eve-" * 8
KEYS = f"{ANN_KEY}:ann,{BEN_KEY}:ben"


class FetchingPreviews:
    """Answers a preview by the very bytes that a worker would get to see."""

    def __init__(self, blobs: Blobs) -> None:
        self._fetcher = Fetcher(blobs, max_bytes=10**6, roots=Roots(), allowed_hosts=frozenset())

    async def make(self, source: str, presets: list[Json], max_side: int) -> list[Preview]:
        photo = await self._fetcher.fetch(source)
        masks = [preset["params"].get("mask") for preset in presets]
        return [Preview(data=await self._fetcher.fetch(mask) if mask else photo) for mask in masks]


@dataclass
class Closed:
    """The service, and its clients."""

    world: World
    api: FastAPI
    ann: httpx.AsyncClient
    ben: httpx.AsyncClient
    wrong: httpx.AsyncClient
    nobody: httpx.AsyncClient


@asynccontextmanager
async def closed(world: World, **changes: Any) -> AsyncIterator[Closed]:
    access = Access(ApiKeys.read(KEYS), **changes)
    previews: Any = FetchingPreviews(world.blobs)
    api = create_api(replace(world.services, access=access, previews=previews))
    async with AsyncExitStack() as stack:
        clients = []
        for key in (ANN_KEY, BEN_KEY, WRONG_KEY, None):
            headers = {"Authorization": f"Bearer {key}"} if key else {}
            transport = httpx.ASGITransport(app=api, raise_app_exceptions=False)
            client = httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers)
            clients.append(await stack.enter_async_context(client))
        yield Closed(world, api, *clients)
