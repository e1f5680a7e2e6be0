"""Settings: the only module that reads the environment, and that prepares Ray's environment."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, Field, PrivateAttr, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from actors.logs import LogConfig
from actors.sources.web_address import AllowedHosts
from deployments.gate.api_keys import ApiKeys
from storage import remote
from storage.errors import StorageError
from storage.objects import Place

_TRACES_TO = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_ORIGIN = re.compile(r"https?://[^/?#@*\s]+", re.IGNORECASE)


def _default_data_dir() -> Path:
    shared = os.environ.get("XDG_DATA_HOME")
    return Path(shared) / "photobatch" if shared else Path.home() / ".local" / "share" / "photobatch"


def _otel_variables() -> dict[str, str]:
    """Return OpenTelemetry's variables if they ask for traces, else none."""
    said = {name: value for name, value in os.environ.items() if name.startswith("OTEL_") and value}
    off = said.get("OTEL_SDK_DISABLED", "").lower() == "true" or said.get("OTEL_TRACES_EXPORTER") == "none"
    return {} if off or not any(name in said for name in _TRACES_TO) else said


class Settings(BaseSettings):
    """All settings, from the environment or `.env`; validated before anything starts. `.env.example` describes them."""

    model_config = SettingsConfigDict(
        env_prefix="BATCH_",
        env_file=".env",
        extra="ignore",
        frozen=True,
        arbitrary_types_allowed=True,
        hide_input_in_errors=True,  # some values are secret
    )

    max_workers: int | None = Field(None, ge=1, le=10_000, description="CPU workers; one for each core if unset")
    min_workers: int | None = Field(None, ge=0, description="kept without work; as many as max_workers if unset")
    scale_target: float = Field(30.0, gt=0, description="seconds in which waiting work should be done")
    worker_idle: float = Field(300.0, ge=0, description="seconds that a worker is kept without work")
    max_queue_size: int = Field(100, ge=1, description="batches that have not ended")
    max_queue_per_user: int | None = Field(None, ge=1, description="those of one user; half of all if unset")
    task_timeout: float = Field(300.0, gt=0, description="seconds a photo may stay in a worker")
    task_retry_count: int = Field(3, ge=0, le=255)
    api_port: int = Field(8001, ge=1, le=65_535)
    data_dir: Path = Field(default_factory=_default_data_dir)
    blob_url: str | None = None
    model_dir: Path | None = Field(None, description="weights of networks; `models` in the data dir")
    gpu_fraction: float = Field(0.25, gt=0, le=1)
    use_gpu: Literal["auto", "always", "never"] = "auto"
    max_gpu_workers: int | None = Field(None, ge=1, le=10_000, description="as many as fit on the GPUs if unset")
    gpu_jpeg: bool = Field(False, description="JPEG decoded and encoded on the GPU, where there is one")
    max_photos: int = Field(10_000, ge=1, le=1_000_000)
    max_pixels: int = Field(100_000_000, ge=1)
    max_bytes: int = Field(100_000_000, ge=1)
    result_ttl: float = Field(86_400.0, gt=0, description="seconds that results are kept")
    allowed_hosts: Annotated[frozenset[str], NoDecode] = frozenset()
    file_roots: Annotated[tuple[str, ...], NoDecode] = ()
    source_urls: Annotated[tuple[str, ...], NoDecode] = ()
    max_queued_photos: int = Field(200_000, ge=1, description="of all batches, waiting")
    max_queued_photos_per_user: int | None = Field(None, ge=1, description="those of one user; half of all if unset")
    max_upload_bytes_per_user: int | None = Field(None, ge=1, description="that no batch names; a whole batch if unset")
    reuse: bool = Field(True, description="answer a photo that was done before by a copy")
    signed_downloads: bool = Field(False, description="send clients to the store itself for their files")
    signed_uploads: bool = Field(False, description="let clients send their files to the store itself")
    callback_secret: SecretStr | None = None
    api_keys: Annotated[ApiKeys | None, NoDecode] = None
    cors_origins: Annotated[frozenset[str], NoDecode] = frozenset()
    rate_limit: float | None = Field(None, gt=0, description="requests a second of one user")
    log_format: Literal["text", "json"] = "text"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    journal_accept: str = Field("", pattern=r"^(\d+\.\d+)?$", description="go on with a journal that ends here")
    redis_url: str | None = Field(None, validation_alias=AliasChoices("REDIS_URL", "redis_url"))
    ray_address: str | None = Field(None, validation_alias=AliasChoices("RAY_ADDRESS", "ray_address"))

    _otel: dict[str, str] = PrivateAttr(default_factory=_otel_variables)  # some values are secret

    @field_validator("allowed_hosts", "file_roots", "source_urls", "cors_origins", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("blob_url", mode="after")
    @classmethod
    def _is_a_store(cls, value: str | None) -> str | None:
        if value and value.partition("://")[0] not in {"file", *remote.SCHEMES}:
            raise ValueError("a blob store is named by file:///folder, s3://bucket/folder, gs:// or az://")
        return value or None

    @field_validator("source_urls", mode="after")
    @classmethod
    def _beside_the_blobs(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        prefixes = [_prefix(url) for url in value]
        store = info.data.get("blob_url") or "file:"
        if not store.startswith("file:"):
            own = _prefix(store)
            for prefix in prefixes:
                if own.within(prefix) or prefix.within(own):
                    raise ValueError(f"{prefix} and the blob store ({own}) overlap; name folders beside it")
        return tuple(str(prefix) for prefix in prefixes)

    @field_validator("allowed_hosts", mode="after")
    @classmethod
    def _hosts(cls, value: frozenset[str]) -> frozenset[str]:
        try:
            AllowedHosts(value)
        except ValueError as error:
            raise ValueError(f"{error}; write nas.local, 10.0.0.7:8080 or [fd00::7], no scheme, path or *") from None
        return value

    @field_validator("data_dir", "model_dir", mode="after")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        return value and value.expanduser().resolve()

    @field_validator("api_keys", mode="before")
    @classmethod
    def _hashed(cls, value: Any) -> Any:
        """Hash the keys at once, so that nothing keeps them in plain text."""
        return (ApiKeys.read(value) if value else None) if isinstance(value, str) else value

    @field_validator("log_format", mode="before")
    @classmethod
    def _lower(cls, value: Any) -> Any:
        return value.lower() if isinstance(value, str) else value

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper(cls, value: Any) -> Any:
        return value.upper() if isinstance(value, str) else value

    @field_validator("cors_origins", mode="after")
    @classmethod
    def _exact(cls, value: frozenset[str]) -> frozenset[str]:
        for origin in value:
            if not _ORIGIN.fullmatch(origin):
                raise ValueError(f"{origin!r} is not an origin: write https://photos.example, without a path or *")
        return frozenset(origin.lower() for origin in value)

    @field_validator("rate_limit", mode="after")
    @classmethod
    def _counted_by_key(cls, value: float | None, info: ValidationInfo) -> float | None:
        if (
            value is not None and info.data.get("api_keys") is None
        ):  # behind a proxy every client has the proxy's address
            raise ValueError("requests are counted by the user of their key; set BATCH_API_KEYS, or unset this")
        return value

    @property
    def journal_path(self) -> Path:
        """The path of the SQLite journal."""
        return self.data_dir / "journal.db"

    @property
    def blobs(self) -> str:
        """The blob store's URL."""
        return self.blob_url or (self.data_dir / "blobs").as_uri()

    @property
    def models_dir(self) -> Path:
        """The folder of network weights."""
        return self.model_dir or self.data_dir / "models"

    @property
    def logs(self) -> LogConfig:
        """The configuration of logging."""
        return LogConfig(as_json=self.log_format == "json", level=self.log_level)

    @property
    def otel(self) -> dict[str, str]:
        """OpenTelemetry's own variables, for the processes on other nodes; none if nothing is traced."""
        return self._otel

    @property
    def tables_dir(self) -> Path:
        """Colour tables: a cache, safe to delete, shared by all batches of this machine."""
        return self.data_dir / "tables"


def _prefix(url: str) -> Place:
    try:
        return Place.parse(url if url.endswith("/") else f"{url}/")
    except StorageError as error:
        raise ValueError(f"{url} is not a place of objects: {error}") from None


class SettingsError(Exception):
    """A setting that cannot be used; the message names the variable and says why."""


def load_settings(**changes: Any) -> Settings:
    """Read the settings; raises SettingsError."""
    try:
        return Settings(**changes)
    except UnicodeDecodeError:
        raise SettingsError(".env: it is no UTF-8 text.") from None
    except OSError as error:
        raise SettingsError(f"{error.filename or '.env'}: {error.strerror}.") from None
    except RuntimeError as error:  # of Path.expanduser: ~nobody
        raise SettingsError(f"BATCH_DATA_DIR or BATCH_MODEL_DIR: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        variable = name if name.isupper() else f"BATCH_{name.upper()}"
        raise SettingsError(f"{variable}: {first['msg'].removeprefix('Value error, ')}.") from None


def pass_on(variables: Mapping[str, str]) -> None:
    """Set variables that this process's environment lacks: for libraries that read it themselves."""
    for name, value in variables.items():
        os.environ.setdefault(name, value)


def notify_socket() -> str | None:
    """Return the socket for notifications to systemd (`Type=notify`); sd_notify(3)."""
    return os.environ.get("NOTIFY_SOCKET")


def forget_secrets() -> None:
    """Remove secrets from the environment after reading, because every child process inherits it."""
    for name in ("BATCH_API_KEYS", "BATCH_CALLBACK_SECRET"):
        os.environ.pop(name, None)


def prepare_ray_environment() -> None:
    """Set the variables that our own local Ray reads from the environment, before the first `import ray`.

    On a cluster (RAY_ADDRESS) with a setting for authentication (RAY_AUTH_MODE), that setting is kept.
    """
    if not {"RAY_ADDRESS", "RAY_AUTH_MODE"} <= os.environ.keys():
        os.environ["RAY_AUTH_MODE"] = "token"
    os.environ.update(
        RAY_USAGE_STATS_ENABLED="0",
        RAY_worker_niceness="0",  # Ray's default of 15 gives every other process precedence
        RAY_prestart_worker_first_driver="0",
        RAY_enable_metrics_collection="0",
        RAY_task_events_report_interval_ms="0",
        RAY_DEDUP_LOGS="0",
        MALLOC_ARENA_MAX="2",  # one glibc arena per thread would hold tens of MB each
    )


def watch_raylet() -> None:
    """Let Ray give up a raylet after about 8 s without an answer, not 30 s: its supervisor restarts it."""
    os.environ.update(
        RAY_health_check_initial_delay_ms="0",
        RAY_health_check_period_ms="1000",
        RAY_health_check_timeout_ms="3000",
        RAY_health_check_failure_threshold="2",
    )
