"""One run of a Ray of our own: its folder, and the end of everything that came of it or of an earlier one."""

import os
import shutil
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import psutil

SCRATCH = "pb"  # folders of this name in the system's temporary one


def new_scratch_folder() -> Path:
    """Make a short-named folder for sockets (their paths may be 107 bytes long).

    What killed processes left goes first: their folders, and Ray's agents, which outlive a killed Ray by a minute.
    """
    temporary = Path(tempfile.gettempdir())
    for left in temporary.glob(f"{SCRATCH}-*-*"):
        owner = left.name.split("-")[1]
        if owner.isdigit() and not psutil.pid_exists(int(owner)) and left.stat().st_uid == os.getuid():
            kill(_working_in(left))
            shutil.rmtree(left, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"{SCRATCH}-{os.getpid()}-", dir=temporary))


def kill(processes: Iterable[psutil.Process]) -> None:
    """End processes without asking them."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()


def end_at_once(scratch: Path | None) -> None:
    """End this process and all that came of it, now; nothing is finished, and nothing recorded is lost."""
    kill(psutil.Process().children(recursive=True))
    if scratch is not None:
        kill(_working_in(scratch))
        shutil.rmtree(scratch, ignore_errors=True)
    os._exit(130)


def _working_in(folder: Path) -> list[psutil.Process]:
    """Return the processes of ours that were started with this folder; each names it in its command line."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.uids().real == os.getuid() and any(str(folder) in part for part in process.cmdline()):
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return [process for process in found if process.pid != os.getpid()]
