"""One run of a Ray of our own: its folder, and the end of everything that came of it or of an earlier one."""

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import psutil

SCRATCH = "pb"  # folders of this name in a temporary one
# The path of a socket has at most 107 bytes, of which Ray's own folders and names take so many below ours.
_LONGEST = 107 - len("/pb-4194304-abcdefgh/999/ray/session_2026-11-29_00-00-00_000000_4194304/sockets/plasma_store")
_LOCK = "owner"
_YOUNG_S = 60.0


def new_scratch_folder() -> Path:
    """Make a folder for Ray's files and sockets that nobody else can look into.

    What killed processes left goes first: their folders, and the processes that were started with them.
    """
    temporary = _temporary()
    for left in temporary.glob(f"{SCRATCH}-[0-9]*-*"):
        with suppress(OSError):  # somebody else's, or it went meanwhile
            if left.lstat().st_uid == os.getuid() and not _is_held(left):
                kill(_working_in(left))
                shutil.rmtree(left, ignore_errors=True)
    made = Path(tempfile.mkdtemp(prefix=f"{SCRATCH}-{os.getpid()}-", dir=temporary))
    lock = os.open(made / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)
    fcntl.flock(lock, fcntl.LOCK_EX)  # as long as this process lives
    return made


def _temporary() -> Path:
    """Return the system's temporary folder, or another one where its path is too long for Ray's sockets."""
    choices = (tempfile.gettempdir(), "/tmp", "/var/tmp", "/dev/shm")  # noqa: S108 - mkdtemp makes a private one below
    usable = (folder for folder in choices if len(os.fsencode(folder)) <= _LONGEST and os.access(folder, os.W_OK))
    return Path(next(usable, choices[0]))


def _is_held(folder: Path) -> bool:
    """Say whether the owner lives. Not by its id: a container that shares the temporary folder may not see it."""
    try:
        lock = os.open(folder / _LOCK, os.O_RDWR)
    except FileNotFoundError:
        return time.time() - folder.stat().st_mtime < _YOUNG_S  # it is being made
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(lock)
    return False


def kill(processes: Iterable[psutil.Process]) -> None:
    """End processes without asking them."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()


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
