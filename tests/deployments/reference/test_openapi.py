"""The document and the application hold each other: requests made of it, mistaken ones too, and answers held to it."""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from deployments.api import create_api
from deployments.gate.access import Access
from deployments.gate.api_keys import ApiKeys
from tests.deployments.closed import ANN_KEY, KEYS, FetchingPreviews
from tests.deployments.conftest import World
from tests.deployments.in_process import InProcess, served
from tests.deployments.routes.test_luts_api import CUBE
from tests.deployments.routes.test_presets_api import MINE

API = "/api/v1"
# Not that what the document allows is taken: what a preset's parameters or a file's bytes may be it can't say.
CONFIG = """
[generation]
database = "none"
[checks]
not_a_server_error.expected-statuses = ["2xx", "3xx", "4xx", 503]
positive_data_acceptance.enabled = false
negative_data_rejection.enabled = false
ensure_resource_availability.enabled = false
[dictionaries.batches]
values = {batches}
[dictionaries.indices]
values = [0, 1, 2]
[dictionaries.presets]
values = ["dusk", "filter_warm"]
[dictionaries.users]
values = ["ann"]
[dictionaries.sources]
values = ["{source}"]
[parameters]
"path.task_id" = {{ dictionary = "batches", probability = 0.8 }}
"path.index" = {{ dictionary = "indices", probability = 0.8 }}
"path.preset_id" = {{ dictionary = "presets", probability = 0.5 }}
"query.user_id" = {{ dictionary = "users", probability = 0.9 }}
"body.source" = {{ dictionary = "sources", probability = 0.8 }}
"""


@dataclass
class Trial:
    """The application over a real port, and schemathesis with what it needs to know."""

    api: FastAPI
    folder: Path
    headers: dict[str, str]

    async def complaints(self, *options: str) -> str:
        """Let schemathesis loose; return what it says where something is amiss."""
        async with served(self.api) as address:
            words = [Path(sys.executable).with_name("st"), "run", f"http://{address}/openapi.json", "--no-color"]
            words += [word for name, value in self.headers.items() for word in ("-H", f"{name}: {value}")]
            words += ["--request-timeout", "30", "--continue-on-failure", *options]
            tester = await asyncio.create_subprocess_exec(
                *words,
                cwd=self.folder,
                env={name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")},
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
            )
            said, _ = await tester.communicate()
        return said.decode() if tester.returncode else ""


@pytest.fixture(params=[False, True], ids=["open", "with keys"])
async def trial(request: pytest.FixtureRequest, world: World, jpeg: bytes, tmp_path: Path) -> AsyncIterator[Trial]:
    access = Access(ApiKeys.read(KEYS) if request.param else None)
    previews = FetchingPreviews(world.blobs)
    api = create_api(replace(world.services, access=access, previews=previews))  # type: ignore[arg-type]
    headers = {"Authorization": f"Bearer {ANN_KEY}"} if request.param else {}
    transport = httpx.ASGITransport(app=api)
    async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers) as http:
        source = (await http.post(f"{API}/uploads?name=a.jpg", content=jpeg)).json()["source"]
        await http.post(f"{API}/presets?user_id=ann", json=MINE)
        await http.post(f"{API}/luts?user_id=ann&name=swap.cube", content=CUBE)
        body = {"image_urls": [source, "https://a.example/2.jpg"], "preset_id": "filter_warm"}
        batches = [(await http.post(f"{API}/batch/submit", json=body)).json()["task_id"] for _ in range(4)]
    (tmp_path / "schemathesis.toml").write_text(CONFIG.format(batches=batches, source=source))
    working = asyncio.ensure_future(work(world))
    yield Trial(api, tmp_path, headers)
    working.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await working


async def work(world: World) -> None:
    """Do what workers do: without them no batch would end, nor the stream of its events."""
    coordinator: InProcess = world.coordinator
    while True:
        for status in ("queued", "processing"):
            for batch in (await coordinator.list_batches(None, status, 500, None))["items"]:
                task = batch["task_id"]
                for photo in (await coordinator.photos(task, "queued", 500, None))["items"]:
                    coordinator.work(task, photo["index"])
                    result = (await coordinator.photo(task, photo["index"]))["result"]
                    for key in (result["key"], result["thumbnail_key"]):
                        await world.blobs.put(key, b"pixels")
        await asyncio.sleep(0.05)


async def test_no_answer_is_one_that_the_document_does_not_know(trial: Trial) -> None:
    said = await trial.complaints("--max-examples", "4", "--phases", "coverage,fuzzing", "--seed", "1")
    assert not said, said


@pytest.mark.slow
async def test_nor_is_any_of_a_minute_s_answers(trial: Trial) -> None:
    said = await trial.complaints("--max-time", "60", "--max-examples", "1000")
    assert not said, said
