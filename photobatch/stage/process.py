"""A process of its own that computes for a stage, and its replacement when it dies.

It is a process, and not a module of the actor, for three reasons. The actor's program may have modules named `models`
or `actors` too. A photo that crashes native code costs a process and not the actor, whose death Ray Data answers by
repeating the whole block for ever. A photo that hangs can be ended.
"""

import logging
import subprocess
import sys
import threading
from contextlib import suppress
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any

from photobatch import server_code
from photobatch.stage.messages import Failed, Made, Photo, Ready, Recipe, Refused, Start, Wish

log = logging.getLogger(__name__)

STRIKES = 2  # processes that die of a photo before it is blamed: one may have been killed by the system
_CRASHED = Failed(
    "worker_crashed", "The photo ended the process that computed it, twice; the file is probably damaged.", False
)
_TIMED_OUT = Failed("timed_out", "The photo took longer than BATCH_TASK_TIMEOUT.", True)


class ProcessError(Exception):
    """The process that computes cannot start; the message says why, as far as it is known."""


class RefusedError(Exception):
    """The process has refused a wish or a recipe."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(refused)
        self.refused = refused


def checked(wish: Wish) -> Recipe:
    """Return the recipe of a wish; takes half a second. Raises RefusedError, ProcessError."""
    process = _Process()
    try:
        process.send(wish)
        recipe: Recipe = _accepted(process.receive(None))
        return recipe
    finally:
        process.end()


class Retoucher:
    """Retouches one photo at a time. Threads may share it."""

    def __init__(self, recipe: Recipe, gpu: float) -> None:
        """Start the process and wait until it is warm. Raises RefusedError, ProcessError."""
        self._start = Start(recipe, gpu)
        self._one = threading.Lock()
        self._process, self._ready = self._started()

    @property
    def pid(self) -> int:
        """The process that computes now."""
        return self._process.pid

    def retouch(self, photo: Photo) -> Made | Failed:
        """Return the outcome of a photo. Raises RefusedError and ProcessError when no process can start again."""
        with self._one:
            for _ in range(STRIKES):
                if not self._process.alive:
                    self._process, self._ready = self._started()
                try:
                    self._process.send(photo)
                    made: Made | Failed = self._process.receive(self._ready.timeout_s)
                    return made
                except TimeoutError:
                    self._process.end()
                    return _TIMED_OUT
                except ProcessError as error:
                    log.warning("%s", error)
            return _CRASHED

    def close(self) -> None:
        """End the process. Idempotent."""
        self._process.end()

    def _started(self) -> "tuple[_Process, Ready]":
        process = _Process()
        try:
            process.send(self._start)
            ready: Ready = _accepted(process.receive(None))
        except BaseException:
            process.end()
            raise
        return process, ready


class _Process:
    """`python -m deployments.retouch_process`, and the connection with it. It ends when the connection does."""

    def __init__(self) -> None:
        self._connection: Connection[Any, Any]
        self._connection, there = Pipe()
        # -P: the folder from which the program was started may hold modules of our names.
        command = [sys.executable, "-P", "-m", "deployments.retouch_process", str(there.fileno())]
        self._popen = subprocess.Popen(  # noqa: S603 - our own program
            command, pass_fds=[there.fileno()], stdin=subprocess.DEVNULL, env=server_code.environment_apart()
        )
        there.close()

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def alive(self) -> bool:
        return self._popen.poll() is None

    def send(self, message: object) -> None:
        """Raises ProcessError if the process is dead."""
        try:
            self._connection.send(message)
        except OSError:
            raise self._dead() from None

    def receive(self, within_s: float | None) -> Any:
        """Return the next message; raises TimeoutError, and ProcessError if the process dies."""
        try:
            if not self._connection.poll(within_s):
                raise TimeoutError
            return self._connection.recv()
        except (EOFError, ConnectionError):
            raise self._dead() from None

    def end(self) -> None:
        """End the process at once. Idempotent."""
        self._connection.close()
        self._popen.kill()
        self._popen.wait()

    def _dead(self) -> ProcessError:
        with suppress(subprocess.TimeoutExpired):  # the connection is closed a moment before
            self._popen.wait(5)
        code = self._popen.poll()
        self.end()
        how = f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
        return ProcessError(f"The process that retouches photos ended ({how}); what it said before is in the log.")


def _accepted(answer: Any) -> Any:
    if isinstance(answer, Refused):
        raise RefusedError(answer)
    return answer
