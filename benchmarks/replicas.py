"""Uploads through several replicas of the ingress: `python -m benchmarks.replicas [--replicas 1,2] [--quick]`.

Each number of replicas is a deployment of its own, as `serve deploy` makes it, with HAProxy in front. All idle beside
each other and take turns, so the ratio is of one run. Photos of 12 MP are uploaded by clients in two more processes,
and the workers rest. All on one machine: clients and replicas share its cores.
"""

import asyncio
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from multiprocessing import get_context
from pathlib import Path

import httpx

from benchmarks.record import command
from benchmarks.record.figures import Figure
from benchmarks.servers.deployed import BIN, ROOT, Deployed
from benchmarks.throughput import Case

CLIENTS = 2  # processes
AT_ONCE = 8  # uploads of each
_PHOTOS, _QUICK_PHOTOS = 100, 50


def upload(url: str, photos: Sequence[Path]) -> None:
    """Upload photos, some at once; raises httpx.HTTPStatusError."""
    asyncio.run(_upload(url, photos))


async def _upload(url: str, photos: Sequence[Path]) -> None:
    left = iter(photos)
    async with httpx.AsyncClient(base_url=url, timeout=120.0, trust_env=False) as client:

        async def lane() -> None:
            for photo in left:
                data = await asyncio.to_thread(photo.read_bytes)
                answer = await client.post("/api/v1/uploads", params={"name": photo.name}, content=data)
                answer.raise_for_status()

        await asyncio.gather(*(lane() for _ in range(AT_ONCE)))


def measure(replicas: Sequence[int], photos: list[Path], runs: int) -> dict[int, list[float]]:
    """Return the seconds of each run, by the number of replicas."""
    seconds: dict[int, list[float]] = {count: [] for count in replicas}
    shares = [photos[client::CLIENTS] for client in range(CLIENTS)]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="photobatch-replicas-")))
        servers: dict[int, Deployed] = {}
        for count in replicas:
            place = folder / str(count)
            place.mkdir()
            servers[count] = Deployed(
                place, ROOT, BIN, BATCH_MAX_WORKERS="1", BATCH_MAX_UPLOAD_BYTES_PER_USER=str(10**12)
            )
            servers[count].replicas = count
            stack.callback(servers[count].kill)
            servers[count].start()
        crowd = stack.enter_context(ProcessPoolExecutor(CLIENTS, mp_context=get_context("spawn")))
        for turn in range(runs + 1):
            for count, server in servers.items():
                begun = time.perf_counter()
                for sent in [crowd.submit(upload, server.url, share) for share in shares]:
                    sent.result()
                if turn:  # the first one imports, connects and warms up
                    seconds[count].append(time.perf_counter() - begun)
    return seconds


def main() -> None:
    """The command line."""
    parser = command.parser("replicas", "Uploads through several replicas.", quick=f"{_QUICK_PHOTOS} photos, one run")
    parser.add_argument("--replicas", default="1,2", help="how many, with commas between them")
    wanted = parser.parse_args()
    replicas = [int(count) for count in wanted.replicas.split(",")]
    few = Case("filter_warm", photos=50).make_photos()
    photos = (few * 100)[: _QUICK_PHOTOS if wanted.quick else _PHOTOS]
    size = sum(photo.stat().st_size for photo in photos)
    seconds = measure(replicas, photos, 1 if wanted.quick else wanted.runs)
    speaker = command.Speaker("replicas", wanted)
    for count, took in seconds.items():
        ratio = [first / each for first, each in zip(seconds[replicas[0]], took, strict=True)]
        figures = [
            Figure("photos a second", "photos/s", [len(photos) / each for each in took]),
            Figure("bytes a second", "MB/s", [size / each / 1e6 for each in took]),
            Figure(f"faster than with {replicas[0]}", "×", ratio),
        ]
        speaker.report({"replicas": count, "photos": len(photos), "clients": CLIENTS * AT_ONCE}, figures)


if __name__ == "__main__":
    main()
