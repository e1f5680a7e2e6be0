"""The latency of previews while the workers are busy: `python -m benchmarks.preview [--url URL] [--quick]`.

A user moves a slider, or opens a page of cards, while a batch of 12 MP photos keeps all workers busy: a preview is made
between two photos.
"""

import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx

from benchmarks.latency import busy
from benchmarks.record import command
from benchmarks.record.figures import Figure, Target
from benchmarks.record.percentile import percentile
from benchmarks.servers.server import serving
from benchmarks.throughput import Case

P95_MS = 500.0
_BATCH = "beauty_light"
_CARDS = ("beauty_light", "beauty_medium", "beauty_heavy", "filter_warm", "filter_cool", "color_vintage")


def requests(source: str, turn: int) -> dict[str, dict[str, Any]]:
    """Return the requests by name; a slider is never twice at the same value."""
    moved = {"preset_id": "beauty_light", "preset_params": {"smoothing": 0.2 + turn % 80 / 100}}
    cards = [{"preset_id": preset} for preset in _CARDS]
    return {
        "a slider, 1024 px": {"source": source, "items": [moved], "max_side": 1024},
        "six cards, 256 px": {"source": source, "items": cards, "max_side": 256},
    }


def ask(http: httpx.Client, source: str, times: int) -> dict[str, list[float]]:
    """Return milliseconds by kind of preview, `times` of each."""
    took: dict[str, list[float]] = {}
    for turn in range(times):
        for name, request in requests(source, turn).items():
            begun = time.perf_counter()
            answer = http.post("/api/v1/presets/preview", json=request).raise_for_status().json()
            took.setdefault(name, []).append((time.perf_counter() - begun) * 1000)
            if any(item["error"] for item in answer["items"]):
                raise RuntimeError(f"{name}: {answer['items']}")
    return took


def main() -> None:
    """The command line."""
    parser = command.parser("preview", "What a preview takes while the workers are busy.", quick="10 of each kind")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--previews", type=int, default=50, help="of each kind, in each run")
    parser.add_argument("--url", help="of a running service; it is kept busy with some photos")
    wanted = parser.parse_args()
    runs, previews = (1, 10) if wanted.quick else (wanted.runs, wanted.previews)
    photos = Case(_BATCH, photos=8).make_photos()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="photobatch-preview-")))
        url = wanted.url or stack.enter_context(serving(folder, BATCH_MAX_WORKERS=str(wanted.workers))).url
        http = stack.enter_context(httpx.Client(base_url=url, timeout=60.0, trust_env=False))
        uploaded = http.post("/api/v1/uploads", params={"name": "own.jpg"}, content=photos[0].read_bytes())
        source = uploaded.raise_for_status().json()["source"]
        with busy(url, photos):
            ask(http, source, 2)
            took = [ask(http, source, previews) for _ in range(runs)]
    speaker = command.Speaker("preview", wanted)
    for name in requests(source, 0):
        times = [run[name] for run in took]
        said = [
            Figure("p50", "ms", [percentile(run, 0.5) for run in times]),
            Figure("p95", "ms", [percentile(run, 0.95) for run in times], Target(P95_MS)),
        ]
        speaker.report({"preview": name, "workers busy": wanted.workers, "preset": _BATCH}, said)


if __name__ == "__main__":
    main()
