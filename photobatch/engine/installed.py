"""The installed server, imported only if a command needs it: the client runs without Ray."""

# ruff: noqa: PLC0415

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from photobatch import schemas, server_code
from photobatch.engine.finding import Finding
from photobatch.refusal import RefusalError


class Engine(Protocol):
    """The interface of an embedded cluster; `deployments.local.embedded.Engine` implements it."""

    def __enter__(self) -> Self:
        """Start Ray, the coordinator and the workers."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""

    def close(self) -> None:
        """End every started process. Idempotent."""

    def submit(self, request: schemas.SubmitRequest) -> str:
        """Accept a batch and return its id."""

    def watch(self, task_id: str) -> Iterator[schemas.ProgressMessage]:
        """Yield changes, at least twice a second, until a message says `done`."""

    def take(self, task_id: str, index: int, destination: Path, variant: str | None = None) -> None:
        """Move a finished result, or a variant of it, to its place."""

    def cancel(self, task_id: str) -> None:
        """Cancel all unfinished photos."""

    def memory(self) -> int:
        """Return the memory of this process and its descendants, in bytes."""


@dataclass(frozen=True, slots=True)
class Server:
    """The embedded server: how to start an engine, and the error it raises (`code`, `detail`)."""

    engine: Callable[..., Engine]
    error: type[Exception]


def reads_raw() -> bool:
    """Whether the embedded server can develop cameras' RAW files."""
    return find_spec("rawpy") is not None


def load_server() -> Server:
    """Import the embedded server; raises RefusalError when it is not installed."""
    with _needed("ray"):
        from deployments.local.embedded import Engine
        from deployments.local.engine_error import EngineError
    return Server(Engine, EngineError)


def serve(*, host: str, port: int | None, workers: int | None) -> None:
    """Serve until Ctrl-C. Raises RefusalError."""
    with _needed("ray"):
        from deployments.local.engine_error import EngineError
        from deployments.local.server import serve as serve_embedded
    try:
        serve_embedded(host=host, port=port, workers=workers)
    except EngineError as error:
        raise RefusalError(error.detail, exit_code=1) from error


def examine_journal() -> tuple[bool, list[str]]:
    """Return whether the server's journal is undamaged, and what can be read; raises RefusalError."""
    with _needed():
        from deployments import journal_check
        from deployments.settings import SettingsError, load_settings
    try:
        return journal_check.examine_journal(load_settings())
    except SettingsError as error:
        raise RefusalError(str(error)) from error


def has_api_keys() -> bool:
    """Say whether the server's settings have API keys; raises RefusalError."""
    with _needed():
        from deployments.settings import SettingsError, load_settings
    try:
        return load_settings().api_keys is not None
    except SettingsError as error:
        raise RefusalError(str(error)) from error


def load_model_files() -> Any:
    """Return the installed server's deployments.model_files.ModelFiles; raises RefusalError."""
    with _needed():
        from deployments.model_files import ModelFiles
        from deployments.settings import SettingsError, load_settings
    try:
        return ModelFiles(load_settings(api_keys=None, rate_limit=None).models_dir)
    except SettingsError as error:
        raise RefusalError(str(error)) from error


def capture_times(files: Iterable[Path]) -> dict[Path, datetime]:
    """Return when photos were taken, in local time; raises RefusalError."""
    with _needed():
        from deployments.capture_times import capture_times as times
    return times(files)


def check_preset(preset_id: str | None, preset_type: str | None, params: dict[str, Any]) -> dict[str, Any]:
    """Return a preset with these parameters.

    Raises RefusalError if the preset or a parameter does not exist, or a file that they name cannot be used.
    """
    with _needed():
        from deployments.recipes import check_files
        from deployments.settings import SettingsError, load_settings
        from presets.catalogue import Catalogue
        from presets.errors import PresetError
        from presets.params import check_complete
    try:
        preset = Catalogue.built_in().resolve(preset_id, preset_type, params)
        check_complete(preset.type, preset.params)
        check_files(params, load_settings(api_keys=None, rate_limit=None))
        return asdict(preset)
    except PresetError as error:
        raise RefusalError(f"{error.detail} ({error.code})") from error
    except SettingsError as error:
        raise RefusalError(str(error)) from error


def read_preset_file(file: Path) -> Any:
    """Return the preset of a file, a deployments.preset_file.FilePreset; raises RefusalError."""
    with _needed():
        from deployments.preset_file import preset_of_file
        from presets.errors import PresetError
    try:
        return preset_of_file(file)
    except PresetError as error:
        raise RefusalError(f"{error.detail} ({error.code})") from error


def is_server_here() -> bool:
    """Say whether the server's packages are here, or the client's alone."""
    return find_spec("ray") is not None


def examine_server() -> Iterator[Finding]:
    """Yield the findings of the server's checks. Raises RefusalError."""
    with _needed():
        from deployments.doctor import examine
    yield from examine()


def examine_cluster(file: Path) -> Iterator[Finding]:
    """Yield the findings on a cluster file for `ray up`. Raises RefusalError when the server is not installed."""
    with _needed():
        from deployments.doctor import examine_cluster
    yield from examine_cluster(file)


def built_in_presets() -> list[schemas.Preset]:
    """Return the presets that come with the server; raises RefusalError when it is not installed."""
    with _needed():
        from presets.catalogue import Catalogue
    return [schemas.Preset.model_validate(asdict(preset)) for preset in Catalogue.built_in().list()]


@contextmanager
def _needed(*modules: str) -> Iterator[None]:
    """Make the server importable; turn a missing module, of its own or of `modules`, into a refusal."""
    server_code.make_importable()
    try:
        for name in modules:
            if find_spec(name) is None:
                raise ModuleNotFoundError(name=name)
        yield
    except ModuleNotFoundError as error:
        raise RefusalError(
            f"The server is not installed (there is no module {error.name}). {server_code.how_to_install()}"
        ) from error
