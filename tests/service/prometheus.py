"""A Prometheus of our own, on loopback, that scrapes one service every second."""

import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import yaml

from benchmarks.servers import ports

START_S = 30.0


class Prometheus:
    """Answers queries over what was scraped since `begun` (unix seconds)."""

    def __init__(self, url: str) -> None:
        self.http = httpx.Client(base_url=url, timeout=10.0, trust_env=False)
        self.begun = time.time()

    def ask(self, path: str, **params: Any) -> Any:
        answer = self.http.get(f"/api/v1/{path}", params=params)
        assert answer.status_code == 200, f"{params}: {answer.text}"
        return answer.json()["data"]

    def has(self, query: str) -> bool:
        """Whether a query has a number to show, for any second since it began."""
        series = self.ask("query_range", query=query, start=self.begun, end=time.time(), step="1s")["result"]
        return any(value != "NaN" for one in series for _, value in one["values"])

    def scraped_at(self) -> float:
        [last] = self.ask("query", query="timestamp(photobatch_up)")["result"]
        return float(last["value"][1])

    def names(self) -> set[str]:
        return set(self.ask("label/__name__/values"))

    def rules(self) -> list[dict[str, Any]]:
        return [rule for group in self.ask("rules")["groups"] for rule in group["rules"]]


@contextmanager
def watching(folder: Path, port: int, scrape: dict[str, Any], rules: Path) -> Iterator[Prometheus]:
    """Scrape a service on this machine; `scrape` is a scrape configuration, whose targets and pace are replaced."""
    job = scrape | {"scrape_interval": "1s", "static_configs": [{"targets": [f"127.0.0.1:{port}"]}]}
    config = folder / "prometheus.yml"
    config.write_text(
        yaml.safe_dump({"global": {"evaluation_interval": "1s"}, "rule_files": [str(rules)], "scrape_configs": [job]})
    )
    at = ports.free()
    command = ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={folder / 'tsdb'}"]
    with (folder / "prometheus.txt").open("wb") as output:
        listen = f"--web.listen-address=127.0.0.1:{at}"
        process = subprocess.Popen([*command, listen], stdout=output, stderr=subprocess.STDOUT)
    prometheus = Prometheus(f"http://127.0.0.1:{at}")
    try:
        deadline = time.monotonic() + START_S
        while not _ready(prometheus.http):
            assert process.poll() is None, (folder / "prometheus.txt").read_text()
            assert time.monotonic() < deadline, (folder / "prometheus.txt").read_text()
            time.sleep(0.1)
        yield prometheus
    finally:
        process.kill()
        process.wait(10)
        prometheus.http.close()


def _ready(http: httpx.Client) -> bool:
    with suppress(httpx.TransportError):
        return http.get("/-/ready").status_code == httpx.codes.OK
    return False


def metrics_in(query: str) -> set[str]:
    """The metrics that a query names."""
    return set(re.findall(r"\b(?:photobatch_\w+|up)\b(?=\{| |\[|\)|$)", query))
