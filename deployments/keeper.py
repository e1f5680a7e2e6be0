"""The keeper: part of the ingress that keeps one coordinator of this release alive."""

import asyncio
import logging
import time
from contextlib import suppress
from typing import Any

import psutil
from ray.exceptions import RayError, RayTaskError

from actors import directory, launch
from actors.coordinator.config import CoordinatorConfig
from actors.messages.records import Json

log = logging.getLogger(__name__)

GREET_S = 2.5
LOOK_S = 4.0
FROZEN_S = 8  # seconds of silence after which a coordinator that has answered before is frozen
CONSTRUCT_S = 900  # a new one may be reading a long journal (220 s for ten million photos)
HAND_OVER_S = 10.0
POLL_S = 0.1


class Keeper:
    """Greets the coordinator, so that it stays; starts, replaces and kills it if necessary.

    A coordinator is frozen if it has answered before and is silent, or if its process is stopped: one that has not
    answered yet may be reading a long journal. It is killed by SIGKILL to its process, because Ray's own request to end
    would wait in its queue. Coordinator and ingress are both pinned to the head node. Ray starts the next one; the
    epoch fences one that wakes up.
    """

    def __init__(self, config: CoordinatorConfig) -> None:
        self._config = config
        self._answered: int | None = None  # process id of the coordinator that last answered

    def start(self) -> Any:
        """Start the coordinator, or return the running one."""
        return launch.start_coordinator(self._config)

    async def run(self) -> None:
        """Keep it until cancelled."""
        stopped = asyncio.ensure_future(_kill_stopped())
        try:
            await self._greet_forever()
        finally:
            stopped.cancel()

    async def _greet_forever(self) -> None:
        """Greet; start a coordinator after two greetings without an answer.

        A single failure may mean that it is being replaced: by Ray after a crash, or by the ingress of a later release,
        which must not find a coordinator of an earlier release in its place.
        """
        missed = False
        while True:
            try:
                await self._greet()
                missed = False
            except Exception:  # without greetings the coordinator ends: nothing may stop this loop
                log.exception("no coordinator answered%s", "; starting one" if missed else "")
                if missed:
                    with suppress(RayError, ValueError):
                        await asyncio.to_thread(self.start)
                missed = True
            await asyncio.sleep(GREET_S)

    async def _greet(self) -> None:
        coordinator = await asyncio.to_thread(directory.find_coordinator, self._config.namespace)
        told = await _answer(coordinator.greet.remote(), CONSTRUCT_S if self._answered is None else FROZEN_S)
        if told is None:
            await asyncio.to_thread(self._kill, coordinator)
            return
        self._answered = told.get("pid")
        if told.get("release", 0.0) < self._config.release:
            await self._replace(coordinator)
        elif told["release"] > self._config.release:
            log.info("a later deployment is there; this one is about to end")

    def _kill(self, coordinator: Any) -> None:
        pid, self._answered = self._answered, None
        log.error("the coordinator does not answer: it is killed", extra={"pid": pid})
        if pid is None:  # it never answered
            directory.end_actor(coordinator)
            return
        with suppress(psutil.NoSuchProcess):  # it has ended meanwhile, and Ray starts the next one
            if _is_coordinator(process := psutil.Process(pid)):
                process.kill()

    async def _replace(self, old: Any) -> None:
        """Ask the coordinator of an earlier release to hand over to a new one."""
        log.warning("taking over from the coordinator of an earlier release")
        self._answered = None
        if hasattr(old, "hand_over"):
            with suppress(RayError, TimeoutError):  # it ends while it answers
                async with asyncio.timeout(HAND_OVER_S):
                    await old.hand_over.remote(self._config.release)
        else:  # a version without hand-over ends like a crash; everything that it told anybody is recorded
            directory.end_actor(old)
        deadline = time.monotonic() + HAND_OVER_S
        while time.monotonic() < deadline:
            with suppress(RayError, ValueError):  # its name becomes free a moment after its end
                if await asyncio.to_thread(self.start) != old:
                    return
            await asyncio.sleep(POLL_S)


async def _answer(call: Any, patience_s: int) -> Json | None:
    """Return the answer to a call; None after `patience_s`.

    Seconds are counted one by one, so that the answer gets its time even if this process was stopped.
    """
    answering = asyncio.ensure_future(_awaited(call))
    for _ in range(patience_s):
        done, _ = await asyncio.wait([answering], timeout=1.0)
        if done:
            return answering.result()
    answering.cancel()
    return None


async def _awaited(call: Any) -> Json:
    try:
        told: Json = await call
    except RayTaskError as error:
        raise error.cause from None
    return told


async def _kill_stopped() -> None:
    """Kill each coordinator of this Ray whose process was stopped (SIGSTOP) at two looks in a row."""
    before: set[int] = set()
    while True:
        stopped = await asyncio.to_thread(_stopped_coordinators)
        for process in stopped:
            if process.pid in before:
                log.error("the process of the coordinator is stopped: it is killed", extra={"pid": process.pid})
                process.kill()
        before = {process.pid for process in stopped}
        await asyncio.sleep(LOOK_S)


def _stopped_coordinators() -> list[psutil.Process]:
    # Actors are children of Ray's raylet. This process is one of them, or has started the raylet.
    here = psutil.Process()
    found = []
    for process in [*here.children(recursive=True), *psutil.Process(here.ppid()).children()]:
        with suppress(psutil.NoSuchProcess):
            if process.status() == psutil.STATUS_STOPPED and _is_coordinator(process):
                found.append(process)
    return found


def _is_coordinator(process: psutil.Process) -> bool:
    """Say whether a process id still belongs to a coordinator: ids are reused. Ray sets process titles of actors."""
    words = process.cmdline()
    return bool(words) and words[0].startswith("ray::Coordinator")
