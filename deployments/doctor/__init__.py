"""The checks of `photobatch doctor` on a server's machine. They start nothing and leave nothing behind."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from deployments.doctor import cluster_file, installation, machine, stores
from deployments.settings import Settings, SettingsError, load_settings
from photobatch.engine.finding import Finding as Finding

_OF_THE_SETTINGS: dict[str, Callable[[Settings], Finding]] = {
    "disk": machine.disk,
    "server": machine.server_lock,
    "port": machine.port,
    "redis": stores.journal,
    "blobs": stores.blobs,
    "weights": stores.weights,
}


def examine() -> Iterator[Finding]:
    """Yield the findings one by one, for the settings with which photobatch would run here."""
    settings: Settings | None = None
    try:
        settings = load_settings()
    except SettingsError as error:
        yield Finding(
            "settings", "wrong", str(error), "Correct it in the environment or in .env; .env.example has all."
        )
    yield from installation.examine(use_gpu=settings.use_gpu if settings else "auto")
    yield _found("/dev/shm", machine.shared_memory)  # noqa: S108 - Ray's
    if settings is not None:
        for name, check in _OF_THE_SETTINGS.items():
            yield _found(name, partial(check, settings))


def examine_cluster(file: Path) -> Iterator[Finding]:
    """Yield the findings on a cluster file for `ray up`, one by one."""
    yield from cluster_file.examine(file)


def _found(name: str, check: Callable[[], Finding]) -> Finding:
    """Return the finding of a check; a check that raises is a finding too, and does not end the others."""
    try:
        return check()
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        advice = "Change its permissions, or the setting that names it."
        return Finding(name, "wrong", f"{where}{error.strerror or error}", advice)
