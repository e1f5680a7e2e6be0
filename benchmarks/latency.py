"""The latency of small requests while the workers are busy: `python -m benchmarks.latency [--url URL] [--quick]`.

One client sends small requests of each kind in turn, while a batch of 12 MP photos keeps all workers busy.
"""

import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from pathlib import Path

import httpx

from benchmarks.record import command
from benchmarks.record.figures import Figure, Target
from benchmarks.record.percentile import percentile
from benchmarks.servers.server import serving
from benchmarks.throughput import Case

P50_MS, P99_MS = 4.0, 30.0
_PAUSE_S = 0.01  # between two requests
_PRESET = "beauty_light"
_MANY = 4000  # photos, more than workers finish meanwhile
PATHS = {
    "GET /api/v1/batch/{task_id}": "/api/v1/batch/{task_id}",
    "GET …/{task_id}/photos": "/api/v1/batch/{task_id}/photos?limit=20",
    "GET /api/v1/presets": "/api/v1/presets",
    "GET /api/v1/health": "/api/v1/health",
}


def ask(url: str, task_id: str, requests: int) -> dict[str, list[float]]:
    """Return milliseconds by request, `requests` in all, on one connection that is kept."""
    took: dict[str, list[float]] = {name: [] for name in PATHS}
    # The simplest client: the time of a client that takes a millisecond itself would be included.
    http = HTTPConnection(url.partition("//")[2], timeout=30.0)
    for turn in range(requests):
        name = list(PATHS)[turn % len(PATHS)]
        begun = time.perf_counter()
        http.request("GET", PATHS[name].format(task_id=task_id))
        answer = http.getresponse()
        body = answer.read()
        took[name].append((time.perf_counter() - begun) * 1000)
        if answer.status != httpx.codes.OK:
            raise RuntimeError(f"{name}: {answer.status} {body[:200]!r}")
        time.sleep(_PAUSE_S)
    http.close()
    return took


@contextmanager
def busy(url: str, photos: list[Path]) -> Iterator[str]:
    """Keep the workers busy until the end of the block; yields the batch that they work on.

    Its photos are uploaded once and named many times, so that afterwards only the workers are busy.
    """
    with httpx.Client(base_url=url, timeout=60.0, trust_env=False) as http:
        ids = []
        for photo in photos:
            uploaded = http.post("/api/v1/uploads", params={"name": photo.name}, content=photo.read_bytes())
            ids.append(uploaded.raise_for_status().json()["source"])
        request = {"preset_id": _PRESET, "image_urls": ids * (_MANY // len(ids))}
        task_id = http.post("/api/v1/batch/submit", json=request).raise_for_status().json()["task_id"]
        try:
            _wait_for_workers(http)
            yield task_id
            if http.get(f"/api/v1/batch/{task_id}").json()["status"] != "processing":
                raise RuntimeError("The workers ran out of photos while requests were timed.")
        finally:
            http.delete(f"/api/v1/batch/{task_id}")


def _wait_for_workers(http: httpx.Client, patience_s: float = 60.0) -> None:
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        workers = http.get("/api/v1/batch/stats").json()["workers"]
        if workers["busy"] == workers["max"]:
            return
        time.sleep(0.1)
    raise TimeoutError(f"The workers were not all busy within {patience_s:.0f} s.")


def main() -> None:
    """The command line."""
    parser = command.parser("latency", "What a small request takes while the workers are busy.", quick="400 requests")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--requests", type=int, default=2000, help="in each run")
    parser.add_argument("--url", help="of a running service; it is kept busy with some photos")
    wanted = parser.parse_args()
    runs, requests = (1, 400) if wanted.quick else (wanted.runs, wanted.requests)
    photos = Case(_PRESET, photos=8).make_photos()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="photobatch-latency-")))
        url = wanted.url or stack.enter_context(serving(folder, BATCH_MAX_WORKERS=str(wanted.workers))).url
        with busy(url, photos) as task_id:
            ask(url, task_id, 40)
            took = [ask(url, task_id, requests) for _ in range(runs)]
    speaker = command.Speaker("latency", wanted)
    for request in PATHS:
        times = [one[request] for one in took]
        said = [
            Figure("p50", "ms", [percentile(run, 0.5) for run in times], Target(P50_MS)),
            Figure("p99", "ms", [percentile(run, 0.99) for run in times], Target(P99_MS)),
        ]
        speaker.report({"request": request, "workers busy": wanted.workers, "preset": _PRESET}, said)


if __name__ == "__main__":
    main()
