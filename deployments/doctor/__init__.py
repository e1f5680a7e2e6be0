"""What `photobatch doctor` looks at on a machine that serves. It starts nothing, and leaves nothing behind."""

from collections.abc import Callable, Iterator

from deployments.doctor import installation, machine, stores
from deployments.doctor.finding import Finding as Finding
from deployments.settings import Settings, SettingsError, load_settings

_OF_THE_SETTINGS: tuple[Callable[[Settings], Finding], ...] = (
    machine.disk,
    machine.server_lock,
    machine.port,
    stores.journal,
    stores.blobs,
    stores.weights,
)


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
    yield machine.shared_memory()
    if settings is not None:
        for check in _OF_THE_SETTINGS:
            yield check(settings)
