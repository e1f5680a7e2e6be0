"""A Redis of our own that loses no acknowledged write: append-only, synced before each answer."""

import shutil
import socket
import subprocess
import time
from pathlib import Path

from benchmarks.servers import ports

_START_S = 20.0


class RedisError(Exception):
    """The Redis could not be started; the message says why."""


class RedisServer:
    """A redis-server process and its folder; may be killed and started again."""

    def __init__(self, folder: Path, host: str = "127.0.0.1") -> None:
        """`host`: the address of this machine on which it listens."""
        self.folder = folder
        self.host = host
        self.port = ports.free()
        self.url = f"redis://{host}:{self.port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    @staticmethod
    def installed() -> bool:
        """Say whether there is a redis-server on this machine."""
        return shutil.which("redis-server") is not None

    def start(self) -> "RedisServer":
        """Start it and wait until its log is read and it answers; raises RedisError."""
        self.folder.mkdir(parents=True, exist_ok=True)
        command = ["redis-server", "--port", str(self.port), "--bind", self.host, "--dir", str(self.folder)]
        durable = ["--appendonly", "yes", "--appendfsync", "always", "--save", "", "--protected-mode", "no"]
        with (self.folder / "redis.txt").open("ab") as output:
            self._process = subprocess.Popen([*command, *durable], stdout=output, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + _START_S
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                break
            if self._ready():
                return self
            time.sleep(0.02)
        raise RedisError(f"redis-server does not answer: {(self.folder / 'redis.txt').read_text()[-2000:]}")

    def kill(self) -> None:
        """SIGKILL."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None

    def used_bytes(self) -> int:
        """Return the memory that its data takes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10.0) as connection:
            connection.sendall(b"INFO memory\r\n")
            said = connection.recv(1 << 16).decode()
        return int(said.partition("used_memory:")[2].split()[0])

    def _ready(self) -> bool:
        try:
            with socket.create_connection((self.host, self.port), timeout=1.0) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(64).startswith(b"+PONG")  # it answers -LOADING while it reads its log
        except OSError:
            return False
