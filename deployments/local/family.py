"""The processes that came of this one, also those whose parent has died: found, waited for, ended."""

import ctypes
import os
import time
from contextlib import suppress

import psutil

from deployments.local.session import kill

_PR_SET_CHILD_SUBREAPER = 36


def adopt_orphans() -> None:
    """Become the parent of every descendant that loses its own. Linux only; elsewhere they stay unknown."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def members() -> list[psutil.Process]:
    """Return every descendant of this process."""
    return psutil.Process().children(recursive=True)


def bury(*, but: int) -> None:
    """Collect the exit status of orphans that have ended; that of the child `but` is somebody else's to collect."""
    with suppress(ChildProcessError):
        while (ended := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)) and ended.si_pid != but:
            os.waitpid(ended.si_pid, 0)


def end_all(patience_s: float = 5.0) -> None:
    """Kill every descendant, also those that are born meanwhile, until there is none."""
    deadline = time.monotonic() + patience_s
    while (left := members()) and time.monotonic() < deadline:
        kill(left)
        psutil.wait_procs(left, timeout=0.2)
