"""The command as somebody types it: in a pipe, or on a terminal."""

import asyncio
import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

COMMAND = str(Path(sys.executable).with_name("photobatch"))
_PATIENCE_S = 60.0


@dataclass(frozen=True)
class Answer:
    """What a command said."""

    status: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        return json.loads(self.stdout)


class Typist:
    """Types commands in a folder, in pipes."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        ours = {name: value for name, value in os.environ.items() if not name.startswith("PHOTOBATCH_")}
        self.environment = ours | {"COLUMNS": "100", "TERM": "xterm"} | environment

    async def types(self, *arguments: object, stdin: bytes = b"", **streams: Any) -> Answer:
        """Type a command beside the event loop, in which the service may run."""
        return await asyncio.to_thread(self.said, *arguments, stdin=stdin, **streams)

    def said(self, *arguments: object, stdin: bytes = b"", **streams: Any) -> Answer:
        """Type a command; `stdout` and `stderr` may be led elsewhere."""
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | streams
        done = subprocess.run(
            [COMMAND, *(word if isinstance(word, bytes) else str(word) for word in arguments)],
            cwd=self.folder,
            env=self.environment,
            input=stdin,
            timeout=_PATIENCE_S,
            check=False,
            **streams,
        )
        return Answer(done.returncode, (done.stdout or b"").decode(), (done.stderr or b"").decode())

    def start(self, *arguments: object) -> "subprocess.Popen[str]":
        """Start a command whose stderr is read while it runs."""
        return subprocess.Popen(
            [COMMAND, *map(str, arguments)],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def terminal(self, *arguments: object) -> "Terminal":
        return Terminal([COMMAND, *map(str, arguments)], self.folder, self.environment)


class Terminal:
    """A command on a terminal of its own."""

    def __init__(self, command: list[str], folder: Path, environment: dict[str, str]) -> None:
        self._ours, theirs = pty.openpty()
        self._process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
        )
        os.close(theirs)
        self.shown = ""

    def reads(self, words: str) -> str:
        """Wait until words are shown; return all that was."""
        deadline = time.monotonic() + _PATIENCE_S
        while words not in self.shown:
            assert time.monotonic() < deadline, self.shown
            assert self._more(), self.shown
        return self.shown

    def types(self, keys: str) -> None:
        os.write(self._ours, keys.encode())

    def interrupts(self) -> None:
        self._process.send_signal(signal.SIGINT)

    def ends(self) -> int:
        """Return the exit status."""
        while self._more():
            pass
        os.close(self._ours)
        return self._process.wait(_PATIENCE_S)

    def _more(self) -> bool:
        ready, _, _ = select.select([self._ours], [], [], _PATIENCE_S)
        assert ready, self.shown
        try:
            read = os.read(self._ours, 1 << 16)
        except OSError:  # nobody holds the other side any more
            return False
        self.shown += read.decode(errors="replace")
        return bool(read)


@contextmanager
def broken_pipe() -> Iterator[int]:
    """A pipe that nobody reads any more."""
    ours, theirs = os.pipe()
    os.close(ours)
    yield theirs
    os.close(theirs)
