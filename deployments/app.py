"""The Serve application: an ingress that keeps a coordinator alive and answers HTTP."""

import asyncio
import logging
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from ray import serve

from actors import launch, logs
from actors.memory import tune_memory
from deployments import compose
from deployments.keeper import Keeper
from deployments.settings import Settings, load_settings

if TYPE_CHECKING:
    from fastapi import FastAPI
    from ray.serve import Application

log = logging.getLogger(__name__)


@serve.deployment(
    name="ingress",
    num_replicas=1,
    max_ongoing_requests=10_000,  # an open WebSocket counts as one
    # On the head, beside the coordinator and the proxy: a worker node may leave at any time.
    ray_actor_options={"num_cpus": 0, "resources": {launch.HEAD: 0.001}},
    graceful_shutdown_timeout_s=5.0,
    # A frozen replica has missed three checks in a row after 12 s.
    health_check_period_s=1.0,
    health_check_timeout_s=3.0,
)
@serve.ingress()
class Ingress:
    """HTTP in, coordinator calls out; holds no state of its own."""

    def __init__(self, settings: Settings, release: float) -> None:
        logs.begin(settings.logs, process="ingress")
        tune_memory()
        replica = serve.get_replica_context().replica_id.unique_id
        self._services = replace(compose.services(settings), replica=replica)
        keeper = Keeper(compose.coordinator_config(settings, release=release))
        keeper.start()
        self._keeping = asyncio.ensure_future(keeper.run())

    def __serve_build_asgi_app__(self) -> "FastAPI":
        from deployments.api import create_api  # noqa: PLC0415 - only replicas build it

        api: FastAPI = create_api(self._services)
        return api


def bind(settings: Settings, release: float) -> "Application":
    """Return the application with these settings; `release` is the unix time of this deployment."""
    application: Application = Ingress.bind(settings, release)  # type: ignore[attr-defined]  # the decorator adds it
    return application


def build(args: dict[str, str]) -> "Application":
    """Return the application for `serve deploy`; `args` are settings by their lower-case names."""
    settings = Settings.model_validate({**load_settings().model_dump(exclude_unset=True), **args})
    if settings.api_keys is None:  # the address on which Serve listens is not known here
        log.warning(
            "BATCH_API_KEYS is not set: whoever reaches Serve's port may do everything. Keep http_options.host at "
            "127.0.0.1 (Serve's own default is 0.0.0.0), or set keys."
        )
    return bind(settings, time.time())
