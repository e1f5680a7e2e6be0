"""`photobatch serve` as a process of its own, the way a person starts it."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """A running server and its data folder; may be killed and started again."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.mark = f"server-{self.port}-{os.getpid()}"
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None
        self.http = httpx.Client(base_url=self.url, timeout=30.0)
        self.output = folder / "serve.txt"

    def start(self) -> "Server":
        environment = {
            **os.environ,
            "BATCH_DATA_DIR": str(self.folder / "data"),
            "BATCH_MAX_WORKERS": "2",
            "PHOTOBATCH_TEST": self.mark,  # inherited by every process that comes of it
            **self._environment,
        }
        with self.output.open("ab") as output:
            self._process = subprocess.Popen(
                [str(Path(sys.executable).with_name("photobatch")), "serve", "--port", str(self.port)],
                cwd=self.folder,
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.healthy()
        return self

    def healthy(self, patience_s: float = 60.0) -> None:
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline:
            assert self._process is not None
            assert self._process.poll() is None, f"serve ended: {self.output.read_text()}"
            try:
                if self.http.get("/api/v1/health").status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.1)
        raise AssertionError(f"not healthy within {patience_s} s: {self.output.read_text()}")

    def stop(self) -> int:
        """Ctrl-C; return the exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGINT)
        return self._process.wait(30)

    def kill(self) -> None:
        """SIGKILL to everything that came of it, in no order."""
        for process in self.processes():
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue
        assert self._process is not None
        self._process.wait(10)

    def kill_main(self) -> None:
        """SIGKILL to the process that a person started, and to nothing else."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(10)

    def processes(self) -> list[psutil.Process]:
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get("PHOTOBATCH_TEST") == self.mark and process.status() != "zombie":
                    found.append(process)
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue
        return found

    def submit(self, **request: Any) -> dict[str, Any]:
        answer = self.http.post("/api/v1/batch/submit", json=request)
        assert answer.status_code == 202, answer.text
        return answer.json()

    def batch(self, task_id: str) -> dict[str, Any]:
        answer = self.http.get(f"/api/v1/batch/{task_id}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def photos(self, task_id: str) -> list[dict[str, Any]]:
        items, cursor = [], None
        while True:
            page = self.http.get(
                f"/api/v1/batch/{task_id}/photos", params={"limit": 100} | ({"cursor": cursor} if cursor else {})
            ).json()
            items += page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return items

    def ended(self, task_id: str, patience_s: float = 60.0) -> dict[str, Any]:
        deadline = time.monotonic() + patience_s
        while (batch := self.batch(task_id))["status"] not in {"completed", "failed", "cancelled"}:
            assert time.monotonic() < deadline, batch
            time.sleep(0.05)
        return batch


@contextmanager
def serving(folder: Path, **environment: str) -> Iterator[Server]:
    server = Server(folder, **environment)
    try:
        yield server.start()
    finally:
        server.kill()
        server.http.close()
