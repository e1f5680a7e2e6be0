"""How soon clients hear of a photo: `python -m benchmarks.progress [--clients 200] [--quick]`.

200 WebSocket clients follow ten batches that simulated workers work on. A worker stamps each photo when it reports it,
a client when the message has arrived: the time between is the journal's commit, the coordinator, and the ingress, which
sends at most ten messages a second. All on one machine, one clock, and the clients in one more process.
"""

import asyncio
import contextlib
import json
import multiprocessing
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from websockets.asyncio.client import connect

from benchmarks import command
from benchmarks.figures import Figure, Target
from benchmarks.percentile import percentile
from benchmarks.simulated import one_node, start  # first of those that import Ray: it prepares the environment

# ruff: noqa: I001
import httpx

from benchmarks import ports
from deployments import compose
from deployments.api import create_api
from deployments.keeper import Keeper
from deployments.local.http_server import HttpServer, allow_connections, listen as listen_at
from deployments.settings import Settings

P95_MS = 150.0
_BATCHES = 10
_WORKERS = 4
_PHOTO_S = 0.1  # so many photos come to 40 a second


def serve_and_measure(clients: int, photos: int, runs: int) -> list[list[float]]:
    """Return the delays in ms by run; each run has batches of `photos` photos in all."""
    with tempfile.TemporaryDirectory(prefix="photobatch-progress-") as folder, one_node(_WORKERS + 2):
        photo = Path(folder, "photo.jpg")
        photo.write_bytes(bytes(1000))  # nobody looks at it
        settings = Settings(data_dir=Path(folder, "data"), file_roots=(folder,), max_workers=_WORKERS, reuse=False)
        start(settings, _PHOTO_S)
        with (
            ingress(settings) as port,
            ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as crowd,
        ):
            listening = [
                crowd.submit(listen, f"127.0.0.1:{port}", photo.as_uri(), clients, photos).result() for _ in range(runs)
            ]
        return listening


@contextlib.contextmanager
def ingress(settings: Settings) -> Iterator[int]:
    """Answer HTTP in a thread of this process, as `photobatch serve` does, for the block's time; yields a port."""
    allow_connections()
    port = ports.free()
    server = HttpServer(create_api(compose.services(settings)))

    async def serve() -> None:
        keeping = asyncio.ensure_future(Keeper(compose.coordinator_config(settings)).run())
        await server.serve(sockets=[listen_at("127.0.0.1", port)])
        keeping.cancel()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), name="ingress")
    thread.start()
    try:
        yield port
    finally:
        server.should_exit = True
        thread.join()


def listen(host: str, source: str, clients: int, photos: int) -> list[float]:
    """Hand batches in, follow them with so many clients, and return every client's delay of every photo, in ms."""
    return asyncio.run(_listen(host, source, clients, photos))


async def _listen(host: str, source: str, clients: int, photos: int) -> list[float]:
    request = {"preset_id": "filter_warm", "image_urls": [source] * (photos // _BATCHES)}
    async with httpx.AsyncClient(base_url=f"http://{host}", timeout=60.0, trust_env=False) as http:
        answers = [await http.post("/api/v1/batch/submit", json=request) for _ in range(_BATCHES)]
        ids = [answer.raise_for_status().json()["task_id"] for answer in answers]
    delays: list[float] = []
    async with asyncio.TaskGroup() as crowd:
        for client in range(clients):
            crowd.create_task(_follow(f"ws://{host}/ws/batch/{ids[client % _BATCHES]}", delays))
    return delays


async def _follow(url: str, delays: list[float]) -> None:
    async with connect(url, proxy=None, open_timeout=60.0, max_size=None) as socket:
        async for text in socket:
            arrived = time.time_ns()
            for photo in json.loads(text).get("photos") or ():
                if photo["status"] == "succeeded":
                    delays.append((arrived - int(photo["engine"].rpartition(" ")[2])) / 1e6)


def main() -> None:
    """The command line."""
    parser = command.parser("progress", "How soon clients hear of a photo.", quick="200 photos, one run")
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--photos", type=int, default=1000, help="in each run")
    wanted = parser.parse_args()
    runs, photos = (1, 400) if wanted.quick else (wanted.runs, wanted.photos)
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as alone:
        delays = alone.submit(serve_and_measure, wanted.clients, photos, runs).result()
    said = [
        Figure("p50", "ms", [percentile(run, 0.5) for run in delays]),
        Figure("p95", "ms", [percentile(run, 0.95) for run in delays], Target(P95_MS)),
        Figure("heard", "messages of photos", [float(len(run)) for run in delays]),
    ]
    speaker = command.Speaker("progress", wanted)
    speaker.say({"clients": wanted.clients, "batches": _BATCHES, "photos": photos, "photos a second": 40}, said)


if __name__ == "__main__":
    main()
