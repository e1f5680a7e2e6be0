"""Checks of disk, shared memory and ports."""

import errno
import fcntl
import shutil
import socket
import tempfile
from contextlib import suppress
from pathlib import Path

import httpx

from actors.coordinator.config import LEAST_ROOM
from deployments.settings import Settings
from photobatch.engine.finding import Finding, ok

_FEW_PHOTOS = 5 << 30  # bytes: about a thousand photos of 12 MP with their results
_SHARED_MEMORY = 80 << 20  # bytes that Ray takes of /dev/shm (deployments.local.local_ray says so, and imports Ray)
_SHM = Path("/dev/shm")  # noqa: S108 - Ray's, not ours
_LOOPBACK = "127.0.0.1"
_ANSWER_S = 3.0


def disk(settings: Settings) -> Finding:
    """Check that the data folder can be written to, and how much room it has."""
    folder = settings.data_dir
    elsewhere = "Set BATCH_DATA_DIR to a folder that this user may write to."
    try:
        there = next(place for place in (folder, *folder.parents) if place.exists())
        free = shutil.disk_usage(there).free
        with tempfile.TemporaryFile(dir=there) as file:
            file.write(b"photobatch")
    except OSError as error:
        full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        advice = "Make room there, or set BATCH_DATA_DIR to another disk." if full else elsewhere
        return Finding("disk", "wrong", f"{folder} cannot be written to: {error.strerror}", advice)
    found = f"{free / 1e9:.1f} GB free for {folder}"
    if free < LEAST_ROOM:
        return Finding("disk", "wrong", found, "Make room: with so little the server takes no batch.")
    if free < _FEW_PHOTOS:
        advice = "A batch of 1,000 photos wants about 5 GB: make room, set BATCH_DATA_DIR, or shorten BATCH_RESULT_TTL."
        return Finding("disk", "warning", found, advice)
    return ok("disk", found)


def server_lock(settings: Settings) -> Finding:
    """Check whether a server already uses the data folder."""
    lock = settings.data_dir / "serve.lock"
    try:
        with lock.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return ok("server", f"one runs with {settings.data_dir}; a second one wants a BATCH_DATA_DIR of its own")
    except (FileNotFoundError, NotADirectoryError):
        pass
    except OSError as error:
        found = f"not known whether one runs: {lock}: {error.strerror}"
        return Finding("server", "warning", found, "Look as the user that it runs as.")
    return ok("server", "none runs with this data folder")


def port(settings: Settings) -> Finding:
    """Check that the API's port is free, or used by photobatch itself."""
    number = settings.api_port
    name = f"{_LOOPBACK}:{number}"
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_LOOPBACK, number))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                return Finding(
                    "port", "wrong", f"{name}: {error.strerror}", "Choose another: BATCH_API_PORT or --port."
                )
        else:
            return ok("port", f"{name} is free")
    if _is_photobatch(number):
        return ok("port", f"photobatch itself answers at {name}")
    advice = "End what has it (`ss -ltnp` shows it), or choose another: BATCH_API_PORT or --port."
    return Finding("port", "wrong", f"{name} is taken by something else", advice)


def shared_memory() -> Finding:
    """Check that Ray finds enough shared memory."""
    if not _SHM.is_dir():
        return ok(str(_SHM), "there is none here; Ray uses files")
    free = shutil.disk_usage(_SHM).free
    found = f"{free / 2**20:,.0f} MiB free"
    if free < _SHARED_MEMORY:
        advice = (
            "Ray wants 80 MiB, else it uses files, and is slower. Empty it; in a container: docker run --shm-size=1g."
        )
        return Finding(str(_SHM), "warning", found, advice)
    return ok(str(_SHM), found)


def _is_photobatch(number: int) -> bool:
    with suppress(httpx.HTTPError, ValueError):
        answer = httpx.get(f"http://{_LOOPBACK}:{number}/api/v1/health", timeout=_ANSWER_S, trust_env=False)
        told = answer.json()
        return isinstance(told, dict) and {"status", "journal", "blobs"} <= told.keys()
    return False
