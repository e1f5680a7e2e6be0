"""A session of our own Ray: its folder, and the end of all processes of this or an earlier session."""

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import psutil

SCRATCH = "pb"  # prefix of folders in the temporary folder
# The path of a socket has at most 107 bytes; Ray's own folders and names below ours take this many of them.
_LONGEST = 107 - len("/pb-4194304-abcdefgh/999/ray/session_2026-11-29_00-00-00_000000_4194304/sockets/plasma_store")
_LOCK = "owner"
_YOUNG_S = 60.0


def new_scratch_folder() -> Path:
    """Make a folder for Ray's files and sockets that no other user can read.

    First remove the remains of killed sessions: their folders, and the processes started with them.
    """
    temporary = _temporary()
    for left in temporary.glob(f"{SCRATCH}-[0-9]*-*"):
        with suppress(OSError):  # another user's, or just removed
            if left.lstat().st_uid == os.getuid() and not _is_held(left):
                kill(_working_in(left))
                shutil.rmtree(left, ignore_errors=True)
    made = Path(tempfile.mkdtemp(prefix=f"{SCRATCH}-{os.getpid()}-", dir=temporary))
    lock = os.open(made / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)
    fcntl.flock(lock, fcntl.LOCK_EX)  # held as long as this process lives
    return made


def _temporary() -> Path:
    """Return the system's temporary folder, or another one if its path is too long for Ray's sockets."""
    choices = (tempfile.gettempdir(), "/tmp", "/var/tmp", "/dev/shm")  # noqa: S108 - mkdtemp makes a private one below
    usable = (folder for folder in choices if len(os.fsencode(folder)) <= _LONGEST and os.access(folder, os.W_OK))
    return Path(next(usable, choices[0]))


def _is_held(folder: Path) -> bool:
    """Say whether the owner lives. Not by process id: a container that shares the temporary folder may not see it."""
    try:
        lock = os.open(folder / _LOCK, os.O_RDWR)
    except FileNotFoundError:
        return time.time() - folder.stat().st_mtime < _YOUNG_S  # it is just being made
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(lock)
    return False


def kill(processes: Iterable[psutil.Process]) -> None:
    """Kill processes."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()


def _working_in(folder: Path) -> list[psutil.Process]:
    """Return our processes that were started with this folder; each has it in its command line."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.uids().real == os.getuid() and any(str(folder) in part for part in process.cmdline()):
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return [process for process in found if process.pid != os.getpid()]
