"""The dashboard and the alerts against a real Prometheus that scrapes a real service with API keys."""

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from benchmarks.servers.server import Server, serving
from tests.deployments.closed import ANN_KEY
from tests.service.prometheus import Prometheus, metrics_in, watching

ROOT = Path(__file__).parents[2]
GRAFANA = ROOT / "deployments/grafana"
ALERTS = GRAFANA / "alerts.yaml"
PATIENCE_S = 60.0
NOT_HERE = {  # without a GPU, and without a node in quarantine; tests/deployments/status/test_node_metrics.py has them
    *("photobatch_gpu_use_ratio", "photobatch_gpu_memory_used_bytes", "photobatch_gpu_memory_bytes"),
    "photobatch_quarantined",
}


def queries() -> list[str]:
    """What the dashboard asks, with its variables as Grafana would fill them in."""
    panels = json.loads((GRAFANA / "dashboard.json").read_text())["panels"]
    asked = [target["expr"] for panel in panels for target in panel.get("targets", [])]
    return [query.replace("$__rate_interval", "15s").replace("$instance", ".*") for query in asked]


def documented_scrape(key_file: Path) -> dict[str, Any]:
    """The scrape configuration that docs/operations.md shows, with the key's file where the test has it."""
    page = (ROOT / "docs/operations.md").read_text()
    found = re.search(r"^```yaml\n(scrape_configs:\n.*?)```$", page, re.MULTILINE | re.DOTALL)
    assert found
    [job] = yaml.safe_load(found[1])["scrape_configs"]
    job["authorization"]["credentials_file"] = str(key_file)
    return dict(job)


@contextmanager
def host_that_is_busy_once(photo: bytes) -> Iterator[str]:
    asked: list[str] = []

    class Host(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(503 if len(asked) == 1 else 200)
            self.end_headers()
            self.wfile.write(b"" if len(asked) == 1 else photo)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Host)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/photo.jpg"
    finally:
        server.shutdown()
        server.server_close()


def wait_for(what_is_missing: Callable[[], Any]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while missing := what_is_missing():
        assert time.monotonic() < deadline, missing
        time.sleep(0.2)


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory, photo_folder: Path) -> Iterator[Server]:
    environment = {"BATCH_API_KEYS": f"{ANN_KEY}:ann", "BATCH_FILE_ROOTS": str(photo_folder)}
    with serving(tmp_path_factory.mktemp("watched"), BATCH_ALLOWED_HOSTS="127.0.0.1", **environment) as server:
        server.http.headers["Authorization"] = f"Bearer {ANN_KEY}"
        yield server


def work(server: Server, photo_folder: Path) -> None:
    """Photos that succeed, fail, are tried again, are copied, are cancelled; and a request that is refused."""
    photo = (photo_folder / "astronaut.jpg").as_uri()
    with host_that_is_busy_once((photo_folder / "coffee.jpg").read_bytes()) as url:
        sources = [photo, url, (photo_folder / "text.jpg").as_uri()]
        counts = server.ended(server.submit(image_urls=sources, preset_id="beauty_light")["task_id"])["counts"]
        assert (counts["succeeded"], counts["failed"]) == (2, 1)
    server.ended(server.submit(image_urls=[photo], preset_id="beauty_light")["task_id"])
    task = server.submit(image_urls=[photo] * 100, preset_id="beauty_heavy")["task_id"]
    server.http.post(f"/api/v1/batch/{task}/cancel").raise_for_status()
    server.ended(task)
    assert server.http.get("/api/v1/batch/b0").status_code == 404


@pytest.mark.slow
@pytest.mark.usefixtures("needs_prometheus")
def test_every_query_of_the_dashboard_has_an_answer(closed: Server, photo_folder: Path, tmp_path: Path) -> None:
    key_file = tmp_path / "key"
    key_file.write_text(ANN_KEY)
    assert httpx.get(f"{closed.url}/metrics", trust_env=False).status_code == 401
    with watching(tmp_path, closed.port, documented_scrape(key_file), ALERTS) as prometheus:
        wait_for(lambda: not prometheus.has("photobatch_up == 1"))  # counters are seen before they move
        for _ in range(2):  # a counter that comes with its first count moves with its second
            work(closed, photo_folder)
            scraped_twice(prometheus)
        asked = queries()
        elsewhere = [query for query in asked if "photobatch_gpu_" in query]
        asked = [query for query in asked if query not in elsewhere]
        assert not any(prometheus.has(query) for query in elsewhere), "understood; there is no GPU"
        wait_for(lambda: [query for query in asked if not prometheus.has(query)])
        for moved in ("retried", "reused"):
            assert prometheus.has(f"photobatch_photos_{moved}_total > 0"), moved
        assert prometheus.has('increase(photobatch_photos_total{outcome="cancelled"}[1m]) > 0')
        rules = prometheus.rules()
        assert {(rule["health"], rule["state"]) for rule in rules} == {("ok", "inactive")}
        assert {rule["name"] for rule in rules} == set(re.findall(r"alert: (\w+)", ALERTS.read_text()))
        named = set().union(*(metrics_in(query) for query in [*queries(), *(rule["query"] for rule in rules)]))
        assert len(named) > 20
        assert named - prometheus.names() == NOT_HERE


def scraped_twice(prometheus: Prometheus) -> None:
    begun = time.time()
    wait_for(lambda: prometheus.scraped_at() < begun + 1)
