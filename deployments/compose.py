"""The composition root: settings in, every service out. Nothing is constructed anywhere else."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from actors.client import CoordinatorClient
from actors.coordinator.config import LEAST_ROOM, CallbackConfig, CoordinatorConfig
from actors.directory import NAMESPACE
from actors.messages.ids import new_id
from actors.pool.config import Gpus
from actors.pool.demand import Elastic
from actors.previews import Previews
from actors.sources.fetch import Roots
from actors.worker.config import WorkerConfig
from deployments.gate.access import Access
from deployments.retouching import limits_of, retoucher_of
from deployments.services import Restarts, Services
from deployments.settings import Settings
from deployments.tracing import open_tracer
from deployments.wire import wire
from models.weights import WeightStore
from photobatch import __version__
from presets.catalogue import Catalogue
from storage.blobs import open_blobs
from storage.journal import Journal
from storage.position import read_position
from storage.sqlite import SqliteJournal

ANSWER_S = 20.0  # longer than the coordinator holds any call of the ingress
SHORTEST_UPLOAD_S = 3600.0  # the time to name many uploads in a batch
SIGNED_S = 300.0  # a redirect is followed at once; a running download continues
MOST_WORKERS = 10_000  # where only the cluster's cores limit them
APP = "photobatch"  # the Serve application's name


def throwaway_config(settings: Settings, tables: Path, namespace: str) -> CoordinatorConfig:
    """Return the configuration for a single run: nothing outlives it, and it may use the last byte of the disk."""
    config = coordinator_config(settings, tables)
    return replace(
        config,
        open_journal=partial(SqliteJournal, settings.journal_path, reserve_bytes=0),
        least_room=0,
        max_queue_per_user=None,  # there is only one user
        max_queued_photos_per_user=None,
        max_upload_bytes_per_user=None,
        reuse=False,
        elastic=replace(_elastic(settings), least=_most(settings)),  # the run waits for a warm worker before it begins
        namespace=namespace,
        worker=replace(config.worker, open_tracer=None),  # it would end before the spans are sent
    )


def coordinator_config(settings: Settings, tables: Path | None = None, release: float = 0.0) -> CoordinatorConfig:
    """Return the configuration of coordinator and workers; their parts are built in their own processes.

    `release` is the unix time of the deployment: a later one takes over from an earlier one.
    """
    blobs = partial(open_blobs, settings.blobs)
    secret = settings.callback_secret
    return CoordinatorConfig(
        open_journal=_journal(settings),
        open_blobs=blobs,
        local_blobs=settings.blob_url is None,
        worker=WorkerConfig(
            open_blobs=blobs,
            make_retoucher=retoucher_of(settings, tables or settings.tables_dir),
            limits=limits_of(settings),
            timeout_s=settings.task_timeout,
            roots=Roots(settings.file_roots, settings.source_urls),
            allowed_hosts=settings.allowed_hosts,
            release=release,
            logs=settings.logs,
            open_tracer=partial(open_tracer, settings.otel) if settings.otel else None,
        ),
        release=release,
        logs=settings.logs,
        elastic=_elastic(settings),
        gpus=Gpus(settings.gpu_fraction, settings.use_gpu, settings.max_gpu_workers, take_all=settings.gpu_jpeg),
        max_queue=settings.max_queue_size,
        max_queue_per_user=settings.max_queue_per_user or _half(settings.max_queue_size),
        max_queued_photos=settings.max_queued_photos,
        max_queued_photos_per_user=settings.max_queued_photos_per_user or _half(settings.max_queued_photos),
        # A batch may consist of uploads, so a whole batch of the largest photos must fit.
        max_upload_bytes_per_user=settings.max_upload_bytes_per_user or settings.max_photos * settings.max_bytes,
        max_photos=settings.max_photos,
        retry_count=settings.task_retry_count,
        result_ttl_s=settings.result_ttl,
        version=__version__,
        callbacks=CallbackConfig(secret.get_secret_value(), wire.callback_body, settings.allowed_hosts)
        if secret
        else None,
        reuse=settings.reuse,
        upload_ttl_s=max(settings.result_ttl, SHORTEST_UPLOAD_S),
    )


def _half(bound: int) -> int:
    """Return one user's share of a bound of the service, so that others find room too."""
    return max(1, bound // 2)


def _elastic(settings: Settings) -> Elastic:
    most = _most(settings)
    least = most if settings.min_workers is None else min(settings.min_workers, most)
    fits = settings.max_workers is None
    return Elastic(least, most, target_s=settings.scale_target, idle_s=settings.worker_idle, fits=fits)


def _most(settings: Settings) -> int:
    return settings.max_workers or MOST_WORKERS


def _journal(settings: Settings) -> Callable[[], Journal]:
    if not settings.redis_url:
        return partial(SqliteJournal, settings.journal_path)
    from storage.redis_log import RedisJournal  # noqa: PLC0415 - 8 MB in each process that has no use for it

    known = partial(read_position, settings.blobs)
    return partial(RedisJournal, settings.redis_url, known=known, accept=settings.journal_accept)


def services(settings: Settings, restarts: Restarts = Restarts()) -> Services:  # noqa: B008 - it never changes
    """Return the services that the ingress's routes use."""
    coordinator = CoordinatorClient(NAMESPACE, answer_s=ANSWER_S)
    return Services(
        coordinator=coordinator,
        previews=Previews(coordinator, NAMESPACE),
        weights=WeightStore(settings.models_dir),
        blobs=open_blobs(settings.blobs),
        catalogue=Catalogue.built_in(),
        limits=limits_of(settings),
        max_photos=settings.max_photos,
        roots=Roots(settings.file_roots, settings.source_urls),
        least_room=LEAST_ROOM,
        callbacks=settings.callback_secret is not None,
        version=__version__,
        signed_downloads=SIGNED_S if settings.signed_downloads else None,
        signed_uploads=settings.signed_uploads,
        access=Access(settings.api_keys, settings.cors_origins, settings.rate_limit),
        restarts=restarts,
        tracer=open_tracer(settings.otel, new_id("ingress")) if settings.otel else None,
    )


def with_workers(settings: Settings, asked: int | None, usual: int) -> Settings:
    """Return settings with the requested number of workers: by the caller, else by the settings, else as usual."""
    return settings.model_copy(update={"max_workers": asked or settings.max_workers or usual})
