"""`photobatch serve` as a process, started as a person does; may be killed and started again."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random
from typing import Any

import httpx
import psutil

from benchmarks.servers import ports

MARK = "PHOTOBATCH_TEST"  # in the environment of all processes of a server
ENDED = frozenset({"completed", "failed", "cancelled"})
_GONE_S = 10.0


def photobatch_command() -> str:
    """Return the `photobatch` command of the current environment."""
    return str(Path(sys.executable).with_name("photobatch"))


class ServerError(Exception):
    """The service failed; the message has its output."""


class Server:
    """A running server and its data folder."""

    def __init__(self, folder: Path, command: str = "", **environment: str) -> None:
        """`command` is the `photobatch` of another environment than the one that this runs in."""
        self.folder = folder
        self._command = command or photobatch_command()
        self.port = ports.free()
        self.url = f"http://127.0.0.1:{self.port}"
        self.mark = f"server-{self.port}-{os.getpid()}"
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None
        self._family: dict[int, psutil.Process] = {}
        self.http = httpx.Client(base_url=self.url, timeout=30.0, trust_env=False)
        self.output = folder / "serve.txt"

    def start(self) -> "Server":
        """Start it and wait until it is healthy; raises ServerError."""
        self.begin()
        self.healthy()
        return self

    def begin(self) -> None:
        """Start it; it takes some seconds until it answers."""
        # Remove the variables that this process has set for its own Ray.
        shell = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
        environment = {
            **shell,
            "BATCH_DATA_DIR": str(self.folder / "data"),
            "BATCH_MAX_WORKERS": "2",
            MARK: self.mark,  # inherited by all its processes
            **self._environment,
        }
        with self.output.open("ab") as output:
            self._process = subprocess.Popen(
                [self._command, "serve", "--port", str(self.port)],
                cwd=self.folder,
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def healthy(self, patience_s: float = 60.0) -> None:
        """Wait for its first healthy answer; raises ServerError."""
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline:
            if not self.alive():
                raise ServerError(f"serve ended: {self.output.read_text()}")
            with suppress(httpx.TransportError):
                if self.http.get("/api/v1/health").status_code == httpx.codes.OK:
                    return
            time.sleep(0.1)
        raise ServerError(f"not healthy within {patience_s} s: {self.output.read_text()}")

    def alive(self) -> bool:
        """Whether the main process is alive."""
        return self._main.poll() is None

    @property
    def pid(self) -> int:
        """The id of the main process."""
        return self._main.pid

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the whole process group, as a terminal does."""
        os.killpg(self.pid, number)

    def wait(self, patience_s: float = 30.0) -> int:
        """Wait for its end; return the exit code."""
        return self._main.wait(patience_s)

    def stop(self) -> int:
        """Ctrl-C; return the exit code."""
        self.signal(signal.SIGINT)
        return self.wait()

    def kill(self, order: Random | None = None) -> None:
        """SIGKILL to all its processes, shuffled by `order`; returns when all have ended."""
        if self._process is None:
            return
        deadline = time.monotonic() + _GONE_S
        while (family := self.family()) and time.monotonic() < deadline:  # repeat: new ones may have started meanwhile
            if order is not None:
                order.shuffle(family)
            for process in family:
                with suppress(psutil.NoSuchProcess):
                    process.kill()
            while any(_lives(process) for process in family) and time.monotonic() < deadline:
                time.sleep(0.01)
        self._family.clear()
        self._main.wait(_GONE_S)

    def kill_main(self) -> None:
        """SIGKILL to the main process only."""
        self.family()
        self._main.kill()
        self._main.wait(10)

    def processes(self) -> list[psutil.Process]:
        """List processes with the mark in their environment."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get(MARK) == self.mark and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue
        return found

    def family(self) -> list[psutil.Process]:
        """List processes with the mark and their descendants: Ray's two agents overwrite their environment.

        An orphaned agent is remembered from an earlier call.
        """
        known = {process.pid: process for process in self.processes()}
        children: dict[int, list[psutil.Process]] = {}
        for process in psutil.process_iter(["ppid"]):
            children.setdefault(process.info["ppid"], []).append(process)
        unseen = list(known)
        while unseen:
            for child in children.get(unseen.pop(), []):
                if child.pid not in known:
                    known[child.pid] = child
                    unseen.append(child.pid)
        self._family |= known
        self._family = {pid: process for pid, process in self._family.items() if _lives(process)}
        return list(self._family.values())

    def ingress(self) -> psutil.Process:
        """Return the process that answers HTTP; raises ServerError while there is none."""
        for process in psutil.Process(self.pid).children():
            if any("deployments.local.process" in word for word in process.cmdline()):
                return process
        raise ServerError("no process answers HTTP")

    def submit(self, **request: Any) -> dict[str, Any]:
        """Submit a batch; raises ServerError if it is not accepted."""
        return _answered(self.http.post("/api/v1/batch/submit", json=request), httpx.codes.ACCEPTED)

    def batch(self, task_id: str) -> dict[str, Any]:
        """Return a batch; raises ServerError."""
        return _answered(self.http.get(f"/api/v1/batch/{task_id}"), httpx.codes.OK)

    def photos(self, task_id: str) -> list[dict[str, Any]]:
        """Return all photos of a batch."""
        items: list[dict[str, Any]] = []
        cursor = None
        while True:
            params = {"limit": 100} | ({"cursor": cursor} if cursor else {})
            page = _answered(self.http.get(f"/api/v1/batch/{task_id}/photos", params=params), httpx.codes.OK)
            items += page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return items

    def ended(self, task_id: str, patience_s: float = 60.0) -> dict[str, Any]:
        """Wait until a batch has ended; raises ServerError when it takes too long."""
        deadline = time.monotonic() + patience_s
        while (batch := self.batch(task_id))["status"] not in ENDED:
            if time.monotonic() > deadline:
                raise ServerError(f"not ended within {patience_s} s: {batch}")
            time.sleep(0.05)
        return batch

    @property
    def _main(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise ServerError("the server was not started")
        return self._process


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _answered(answer: httpx.Response, status: int) -> dict[str, Any]:
    if answer.status_code != status:
        raise ServerError(f"{answer.status_code} instead of {status}: {answer.text}")
    said: dict[str, Any] = answer.json()
    return said


@contextmanager
def serving(folder: Path, **environment: str) -> Iterator[Server]:
    """Run a server until the end of the block, then kill all its processes."""
    server = Server(folder, **environment)
    try:
        yield server.start()
    finally:
        server.kill()
        server.http.close()
