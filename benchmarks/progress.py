"""The delay of progress messages, and the cost of many returning clients: `python -m benchmarks.progress [--quick]`.

200 WebSocket clients follow ten batches that simulated workers work on. A worker stamps each photo when it reports it,
a client when the message has arrived: the time between is the journal's commit, the coordinator, and the ingress, which
sends at most ten messages a second. All on one machine, one clock, and the clients in one more process.

Then 50 clients ask for everything of one batch at once (`since=0`). The figure is the CPU time of coordinator and
ingress, as a multiple of what one client costs in the same run.
"""

import asyncio
import contextlib
import json
import multiprocessing
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import psutil
from websockets.asyncio.client import connect

from benchmarks.record import command
from benchmarks.record.figures import Figure, Target
from benchmarks.record.percentile import percentile
from benchmarks.servers.simulated import one_node, start  # first: it prepares the environment

# ruff: noqa: I001
import httpx

from benchmarks.servers import ports
from deployments import compose
from deployments.api import create_api
from deployments.status.catch_up import KEPT_S
from deployments.keeper import Keeper
from deployments.local.http_server import HttpServer, allow_connections, listen as listen_at
from deployments.settings import Settings

P95_MS = 150.0
_BATCHES = 10
_WORKERS = 4
_PHOTO_S = 0.1  # gives 40 photos a second


@dataclass(frozen=True, slots=True)
class Measured:
    """The measurements of one start of the service."""

    delays: list[list[float]]  # ms, by run
    one: list[dict[str, float]]  # CPU seconds by process, for one client that catches up
    crowd: list[dict[str, float]]  # the same for many at once


def serve_and_measure(clients: int, photos: int, runs: int, returning: int, kept: int) -> Measured:
    """Measure a service; each run has batches of `photos` photos in all, and a batch of `kept` to come back to."""
    with tempfile.TemporaryDirectory(prefix="photobatch-progress-") as folder, one_node(_WORKERS + 2):
        photo = Path(folder, "photo.jpg")
        photo.write_bytes(bytes(1000))  # its content does not matter
        settings = Settings(data_dir=Path(folder, "data"), file_roots=(folder,), max_workers=_WORKERS, reuse=False)
        start(settings, _PHOTO_S)
        with (
            ingress(settings) as port,
            ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as crowd,
        ):
            host, source = f"127.0.0.1:{port}", photo.as_uri()
            delays = [crowd.submit(listen, host, source, clients, photos).result() for _ in range(runs)]
            task_id = crowd.submit(paused_batch, host, source, kept).result()
            crowd.submit(come_back, host, task_id, 1).result()  # import everything that is imported at first use
            costs = [[_cost(crowd.submit, host, task_id, count) for _ in range(runs)] for count in (1, returning)]
        return Measured(delays, *costs)


def _cost(submit: Callable[..., Future[None]], host: str, task_id: str, clients: int) -> dict[str, float]:
    """Return the CPU seconds by process for this many clients that return at once."""
    time.sleep(2 * KEPT_S)  # earlier answers are not cached any more
    before = _cpu_s()
    submit(come_back, host, task_id, clients).result()
    return {name: after - before[name] for name, after in _cpu_s().items()}


def _cpu_s() -> dict[str, float]:
    """Return the CPU seconds so far; the ingress is a thread of this process, which otherwise waits."""
    own = psutil.Process()
    spent = {"coordinator": 0.0, "ingress": sum(own.cpu_times()[:2])}
    for process in own.children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if " ".join(process.cmdline()).startswith("ray::Coordinator"):
                spent["coordinator"] += sum(process.cpu_times()[:2])
    return spent


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
    """Submit batches, follow them with many clients, and return the delay of every photo for every client, in ms."""
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


def paused_batch(host: str, source: str, photos: int) -> str:
    """Submit a batch and pause it; returns its id."""
    with httpx.Client(base_url=f"http://{host}/api/v1/batch", timeout=60.0, trust_env=False) as http:
        request = {"preset_id": "filter_warm", "image_urls": [source] * photos}
        task_id: str = http.post("/submit", json=request).raise_for_status().json()["task_id"]
        http.post(f"/{task_id}/pause").raise_for_status()
        return task_id


def come_back(host: str, task_id: str, clients: int) -> None:
    """Request everything of a batch, as many clients at once."""
    asyncio.run(_come_back(f"ws://{host}/ws/batch/{task_id}?since=0", clients))


async def _come_back(url: str, clients: int) -> None:
    async with asyncio.TaskGroup() as crowd:
        for _ in range(clients):
            crowd.create_task(_catch_up(url))


async def _catch_up(url: str) -> None:
    async with connect(url, proxy=None, open_timeout=60.0, max_size=None) as socket:
        while json.loads(await socket.recv()).get("more"):
            pass


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
    parser.add_argument("--returning", type=int, default=50, help="clients that come back at once")
    parser.add_argument("--kept", type=int, default=4000, help="photos of the batch that they come back to")
    wanted = parser.parse_args()
    runs, photos = (1, 400) if wanted.quick else (wanted.runs, wanted.photos)
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as alone:
        asked = (wanted.clients, photos, runs, wanted.returning, wanted.kept)
        measured = alone.submit(serve_and_measure, *asked).result()
    delays = measured.delays
    said = [
        Figure("p50", "ms", [percentile(run, 0.5) for run in delays]),
        Figure("p95", "ms", [percentile(run, 0.95) for run in delays], Target(P95_MS)),
        Figure("heard", "messages of photos", [float(len(run)) for run in delays]),
    ]
    speaker = command.Speaker("progress", wanted)
    speaker.report({"clients": wanted.clients, "batches": _BATCHES, "photos": photos, "photos a second": 40}, said)
    once = [max(sum(cost.values()), 0.01) for cost in measured.one]  # CPU clocks have a resolution of 10 ms
    catching_up = [
        Figure("cost of one client", "CPU s", once),
        Figure("coordinator for all", "CPU s", [cost["coordinator"] for cost in measured.crowd]),
        Figure("ingress for all", "CPU s", [cost["ingress"] for cost in measured.crowd]),
        Figure("cost of all", "× one", [sum(cost.values()) / once[0] for cost in measured.crowd]),
    ]
    speaker.report({"returning clients": wanted.returning, "photos": wanted.kept}, catching_up)


if __name__ == "__main__":
    main()
