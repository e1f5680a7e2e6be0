"""The process of `photobatch serve` that answers HTTP, with a Ray of its own for coordinator and workers.

`python -m deployments.local.service` is started by the supervisor, which has the listening socket and checks that this
process makes progress. It ends by itself, and says why, when a part that it can't replace has died.
"""

import argparse
import asyncio
import logging
import os
import signal
import socket
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from deployments.local.link import Message, send
from deployments.settings import SettingsError, forget_secrets, load_settings, prepare_ray_environment

prepare_ray_environment()  # here, because Ray reads it when it is imported, and what follows imports Ray

# ruff: noqa: E402
import ray
import uvloop
from ray.exceptions import RayError

from actors import directory, logs
from actors.config import NAMESPACE
from deployments import compose
from deployments.keeper import Keeper
from deployments.local.http_server import HttpServer, allow_connections
from deployments.local_ray import LocalRay
from deployments.services import Restarts
from deployments.settings import Settings

log = logging.getLogger(__name__)

DRAIN_S = 2.0  # what is being worked on may finish
CLOSE_S = 5.0
LOOK_S = 0.5


class Service:
    """One life of the service."""

    def __init__(self, settings: Settings, listener: socket.socket, link: socket.socket, restarts: Restarts) -> None:
        self._settings = settings
        self._listener = listener
        self._link = link
        self._restarts = restarts
        self._stop = threading.Event()

    def run(self, scratch: Path) -> None:
        """Serve until a signal, or the end of the supervisor."""
        self._on_signals()
        importing = threading.Thread(target=_import_application, name="import")  # beside Ray, which mostly waits
        importing.start()
        own = LocalRay(cpus=max(self._settings.max_workers, os.cpu_count() or 1), scratch=scratch)
        own.start()
        self._on_signals()  # Ray has put its own in the place of SIGTERM's
        importing.join()
        threading.Thread(target=self._watch, args=(own,), name="watch", daemon=True).start()
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(self._serve())
        _close_coordinator(own, DRAIN_S)
        own.stop()

    async def _serve(self) -> None:
        from deployments.api import create_api  # noqa: PLC0415 - imported by now, in a thread

        keeper = Keeper(compose.coordinator_config(self._settings, release=time.time()))
        keeper.start()
        server = HttpServer(create_api(compose.services(self._settings, self._restarts)))
        tasks = [asyncio.ensure_future(keeper.run()), asyncio.ensure_future(self._until_told(server))]
        try:
            await server.serve(sockets=[self._listener])
        finally:
            for task in tasks:
                task.cancel()

    async def _until_told(self, server: HttpServer) -> None:
        """Say when HTTP is answered; then stop the server on a signal, or when the supervisor has ended."""
        while not server.started:  # noqa: ASYNC110 - uvicorn announces it to nobody
            await asyncio.sleep(0.01)
        await asyncio.to_thread(send, self._link, Message("accepting"))
        while not self._stop.is_set() and not _has_ended(self._link):  # noqa: ASYNC110 - a signal sets it
            await asyncio.sleep(0.1)
        self._stop.set()
        server.should_exit = True

    def _watch(self, own: LocalRay) -> None:
        """End this process when Ray's own have died or don't answer: they cannot be replaced beneath it."""
        while not self._stop.wait(LOOK_S):
            if trouble := own.trouble():
                self.fail(trouble)

    def fail(self, reason: str) -> NoReturn:
        """Tell the supervisor, who ends all that came of this process, and starts it anew."""
        if not self._stop.is_set():
            log.critical("the service ends: %s", reason)
            with suppress(OSError):
                send(self._link, Message("failed", reason))
        os._exit(1)

    def _on_signals(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: self._stop.set())


def _import_application() -> None:
    import deployments.api  # noqa: F401, PLC0415


def _close_coordinator(own: LocalRay, drain_s: float) -> None:
    """Have the coordinator give its leases back and end the workers; a Ray that has died is not waited for."""

    def close() -> None:
        with suppress(RayError, ValueError):  # it ends itself while it answers, or was gone
            ray.get(directory.find_coordinator(NAMESPACE).close.remote(drain_s), timeout=drain_s + CLOSE_S)

    closing = threading.Thread(target=close, name="closing", daemon=True)
    closing.start()
    deadline = time.monotonic() + drain_s + CLOSE_S
    while closing.is_alive() and own.alive() and time.monotonic() < deadline:
        closing.join(0.1)


def _has_ended(link: socket.socket) -> bool:
    try:
        return link.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]:.300}"


def main() -> int:
    """Serve on what the supervisor hands over."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--listener", type=int, required=True, help="file descriptor of the listening socket")
    parser.add_argument("--link", type=int, required=True, help="file descriptor of the socket to the supervisor")
    parser.add_argument("--scratch", type=Path, required=True)
    parser.add_argument("--workers", type=int)
    parser.add_argument("--restarts", type=int, default=0)
    parser.add_argument("--reason")
    given = parser.parse_args()
    link = socket.socket(fileno=given.link)
    try:
        settings = load_settings()
    except SettingsError as error:
        send(link, Message("refused", str(error)))
        return 1
    logs.begin(settings.logs, process="serve")
    forget_secrets()  # workers decode what strangers send
    allow_connections()
    settings = compose.with_workers(settings, given.workers, os.cpu_count() or 1)
    service = Service(settings, socket.socket(fileno=given.listener), link, Restarts(given.restarts, given.reason))
    try:
        service.run(given.scratch)
    except Exception as error:
        log.exception("the service failed")
        service.fail(_first_line(error))
    return 0


if __name__ == "__main__":
    sys.exit(main())
