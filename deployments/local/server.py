"""`photobatch serve`: checks that it can run, then becomes the supervisor of the service; or joins a cluster."""

import asyncio
import fcntl
import os
import stat
import sys
from contextlib import suppress
from pathlib import Path

from deployments.journal_check import check_journal
from deployments.local.able import check_able
from deployments.local.engine_error import EngineError
from deployments.settings import Settings, SettingsError, load_settings, notify_socket
from storage.errors import StorageError

_OURS = ("blobs", "models", "tables", "journal.db", "journal.db-wal", "journal.db-shm", "serve.lock")


def serve(*, host: str, port: int | None, workers: int | None) -> None:
    """Serve until Ctrl-C or SIGTERM, then end every started process; a second signal ends them at once.

    Raises EngineError when the port is taken, another server uses the data folder, or nothing here could change
    pixels; else it does not return.
    """
    try:
        settings = load_settings()
    except SettingsError as error:
        raise EngineError("invalid_settings", str(error)) from None
    os.umask(0o077)  # files written from here on are closed to other users of this machine
    port = port or settings.api_port
    lock = _alone(settings.data_dir)
    _check_journal(settings)
    _check_blobs(settings)
    if settings.ray_address:
        from deployments.local import joined  # noqa: PLC0415 - it imports Ray

        joined.serve(settings, host=host, port=port, workers=workers)
        os.close(lock)
        return
    check_able(settings.tables_dir)
    _supervise(_listen(host, port), lock, host=host, port=port, workers=workers)


def _supervise(listener: int, lock: int, *, host: str, port: int, workers: int | None) -> None:
    """Become the supervisor: exec a new program, so that nothing imported here stays in memory."""
    words = [sys.executable, "-P", "-m", "deployments.local.supervisor", "--listener", str(listener)]
    words += ["--host", host, "--port", str(port), *(["--workers", str(workers)] if workers else [])]
    if systemd := notify_socket():
        words += ["--notify", systemd]
    for handed in (listener, lock):
        os.set_inheritable(handed, True)
    os.execv(sys.executable, words)  # noqa: S606 - our own words


def _listen(host: str, port: int) -> int:
    from deployments.local.http_server import listen  # noqa: PLC0415 - a cluster has an HTTP server of its own

    try:
        return listen(host, port).detach()
    except OSError as error:
        detail = f"Port {port} on {host} cannot be used ({error.strerror}); choose another with --port."
        raise EngineError("port_taken", detail) from None


def _check_journal(settings: Settings) -> None:
    try:
        check_journal(settings)
    except StorageError as error:
        raise EngineError("journal_unavailable", str(error)) from None


def _check_blobs(settings: Settings) -> None:
    if settings.blob_url:
        from storage.store_check import check_store  # noqa: PLC0415 - for those who name one

        try:
            asyncio.run(check_store(settings.blob_url))
        except StorageError as error:
            raise EngineError("storage_unavailable", str(error)) from None


def _alone(data_dir: Path) -> int:
    """Lock the data folder and return the lock: two servers on one journal would kill each other in turns."""
    try:
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        _close_to_others(data_dir)
        lock = os.open(data_dir / "serve.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        detail = f"The data folder {data_dir} cannot be used ({error.strerror}); set BATCH_DATA_DIR to another."
        raise EngineError("data_dir_unusable", detail) from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        detail = f"Another photobatch server uses {data_dir}; stop it, or set BATCH_DATA_DIR to another folder."
        raise EngineError("data_dir_taken", detail) from None
    return lock


def _close_to_others(data_dir: Path) -> None:
    """Remove other users' rights to the data folder; in a shared folder (/tmp), only those to our own files."""
    found = data_dir.stat()
    if found.st_uid != os.getuid():
        return
    shared = found.st_mode & stat.S_ISVTX
    for path in [data_dir / name for name in _OURS] if shared else [data_dir]:
        with suppress(OSError):
            if not path.is_symlink():
                path.chmod(stat.S_IMODE(path.stat().st_mode) & 0o700)
