"""The descendants of this process, including orphans: find them, collect them, end them."""

import ctypes
import os
import time
from contextlib import suppress

import psutil

from deployments.local.session import kill

LOOK_S = 2.0

_PR_SET_CHILD_SUBREAPER = 36


def adopt_orphans() -> None:
    """Become the parent of every orphaned descendant. Linux only; elsewhere orphans stay unknown."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def members() -> list[psutil.Process]:
    """Return every descendant of this process."""
    return psutil.Process().children(recursive=True)


def bury(*, but: int) -> None:
    """Collect the exit status of ended orphans; that of the child `but` is left to its owner."""
    with suppress(ChildProcessError):
        while (ended := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)) and ended.si_pid != but:
            os.waitpid(ended.si_pid, 0)


def end_all(patience_s: float = 5.0) -> None:
    """Kill every descendant, also those started meanwhile, until there is none."""
    deadline = time.monotonic() + patience_s
    while (left := members()) and time.monotonic() < deadline:
        kill(left)
        psutil.wait_procs(left, timeout=0.2)


class Stops:
    """Which descendants are stopped (SIGSTOP), and since when."""

    def __init__(self) -> None:
        self._since: dict[psutil.Process, float] = {}
        self._looked = time.monotonic()

    def longer_than(self, patience_s: float) -> int | None:
        """Return the id of a process that has been stopped for longer; looks at most every `LOOK_S`."""
        now = time.monotonic()
        if now < self._looked + LOOK_S:
            return None
        self._looked = now
        self._since = {one: self._since.get(one, now) for one in members() if is_stopped(one)}
        return next((one.pid for one, since in self._since.items() if now > since + patience_s), None)


def is_stopped(process: psutil.Process) -> bool:
    """Whether it is there and stopped (SIGSTOP)."""
    try:
        return process.status() == psutil.STATUS_STOPPED
    except psutil.NoSuchProcess:
        return False
