"""What `photobatch doctor` looks at on a machine that serves. It starts nothing, and leaves nothing behind."""

from collections.abc import Callable, Iterator
from functools import partial

from deployments.doctor import installation, machine, stores
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
    """Yield one finding after another, as the settings say that photobatch is going to run here."""
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


def _found(name: str, check: Callable[[], Finding]) -> Finding:
    """Return what a check finds; one that stumbles is a finding of its own, and ends no other."""
    try:
        return check()
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        advice = "Change its permissions, or the setting that names it."
        return Finding(name, "wrong", f"{where}{error.strerror or error}", advice)
