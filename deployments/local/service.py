"""One run of the service process: the application on its HTTP server, and a Ray of its own.

It ends by itself, and says why, when a part has died that it cannot replace.
"""

import asyncio
import logging
import os
import signal
import socket
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

import uvloop

from actors import launch
from actors.directory import NAMESPACE
from actors.memory import tune_memory
from deployments import compose
from deployments.keeper import Keeper
from deployments.local.cores import usable_cores
from deployments.local.http_server import HttpServer
from deployments.local.link import Message, send
from deployments.local.local_ray import LOOK_S, LocalRay
from deployments.services import Restarts
from deployments.settings import Settings, watch_raylet

log = logging.getLogger(__name__)

DRAIN_S = 2.0  # photos in progress may finish


class Service:
    """One run of the service."""

    def __init__(self, settings: Settings, listener: socket.socket, link: socket.socket, restarts: Restarts) -> None:
        self._settings = settings
        self._listener = listener
        self._link = link
        self._restarts = restarts
        self._stop = threading.Event()

    def run(self, scratch: Path) -> None:
        """Serve until a signal, or the end of the supervisor."""
        self._on_signals()
        importing = threading.Thread(target=_import_application, name="import")  # while Ray starts, which mostly waits
        importing.start()
        watch_raylet()
        own = LocalRay(cpus=max(self._settings.max_workers or 1, usable_cores()), scratch=scratch)
        own.start()
        self._on_signals()  # Ray has replaced the handler of SIGTERM
        importing.join()
        if self._stop.is_set():
            own.stop()
            return
        threading.Thread(target=self._watch, args=(own,), name="watch", daemon=True).start()
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(self._serve())
        _close_coordinator(own, DRAIN_S)
        own.stop()

    async def _serve(self) -> None:
        from deployments.api import create_api  # noqa: PLC0415 - imported by now, in a thread

        tune_memory()
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
        """Report when HTTP is answered; then stop the server on a signal, or when the supervisor has ended."""
        while not server.started:  # noqa: ASYNC110 - uvicorn announces it to nobody
            await asyncio.sleep(0.01)
        with suppress(OSError):  # without a supervisor it ends below
            await asyncio.to_thread(send, self._link, Message("accepting"))
        while not self._stop.is_set() and not _has_ended(self._link):  # noqa: ASYNC110 - a signal sets it
            await asyncio.sleep(0.1)
        self._stop.set()
        server.stop()

    def _watch(self, own: LocalRay) -> None:
        """End this process when Ray's own processes have died or do not answer: they cannot be replaced under it."""
        while not self._stop.wait(LOOK_S):
            if trouble := own.trouble():
                self._fail(trouble)

    def _fail(self, reason: str) -> NoReturn:
        """End at once: the supervisor ends all descendants of this process and restarts it."""
        log.critical("the service ends: %s", reason)
        if not self._stop.is_set():
            with suppress(OSError):
                send(self._link, Message("failed", reason))
        os._exit(1)

    def _on_signals(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self._stop.set())


def _import_application() -> None:
    import deployments.api  # noqa: F401, PLC0415


def _close_coordinator(own: LocalRay, drain_s: float) -> None:
    """Close the coordinator; do not wait for a dead Ray."""
    closing = threading.Thread(target=launch.close_coordinator, args=(NAMESPACE, drain_s), name="closing", daemon=True)
    closing.start()
    deadline = time.monotonic() + drain_s + launch.CLOSE_S
    while closing.is_alive() and own.alive() and time.monotonic() < deadline:
        closing.join(0.1)


def _has_ended(link: socket.socket) -> bool:
    try:
        return link.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True
