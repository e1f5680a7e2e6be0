"""The application over the real coordinator logic, a real journal and a real blob store."""

import io
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from PIL import Image

from actors.previews import Previews
from actors.sources.fetch import Roots
from deployments.api import create_api
from deployments.gate.access import Access
from deployments.services import Services
from models.codec.header import Limits
from models.weights import WeightStore
from presets.catalogue import Catalogue
from storage.blobs import Blobs
from tests.deployments.in_process import InProcess, blobs_in

URLS = ["https://example.com/one.jpg", "https://example.com/two.jpg"]


@dataclass
class World:
    """Everything of one test."""

    folder: Path
    coordinator: InProcess
    blobs: Blobs
    services: Services
    api: FastAPI
    http: httpx.AsyncClient
    urls: list[str] = field(default_factory=lambda: list(URLS))

    async def submit(self, **fields: Any) -> str:
        body = {"image_urls": self.urls, "preset_id": "filter_warm"} | fields
        answer = await self.http.post("/api/v1/batch/submit", json=body)
        assert answer.status_code == 202, answer.text
        task_id: str = answer.json()["task_id"]
        return task_id

    def stored(self) -> list[str]:
        root = self.folder / "blobs"
        return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    blobs = blobs_in(tmp_path)
    coordinator = InProcess(tmp_path, blobs)
    roots = tmp_path / "photos"
    roots.mkdir()
    services = Services(
        coordinator=coordinator.client,
        previews=Previews(coordinator.client, "nowhere"),
        weights=WeightStore(tmp_path / "models"),
        blobs=blobs,
        catalogue=Catalogue.built_in(),
        limits=Limits(max_pixels=1_000_000, max_bytes=200_000),
        max_photos=1000,
        roots=Roots((str(roots),), ("s3://photos/open/",)),
        least_room=0,
        callbacks=False,
        version="test",
        access=Access(),
    )
    api = create_api(services)
    transport = httpx.ASGITransport(app=api, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        yield World(tmp_path, coordinator, blobs, services, api, http)
    coordinator.shut()


@pytest.fixture(scope="session")
def jpeg() -> bytes:
    buffer = io.BytesIO()
    Image.effect_noise((64, 48), 80).convert("RGB").save(buffer, "jpeg")
    return buffer.getvalue()
