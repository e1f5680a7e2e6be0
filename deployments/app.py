"""The Serve application: an ingress that makes sure there is a coordinator, and answers HTTP."""

import asyncio
import logging
from contextlib import suppress
from typing import TYPE_CHECKING

import ray
from ray import serve
from ray.exceptions import RayError

from actors import launch, logs
from deployments import compose
from deployments.settings import Settings, load_settings

if TYPE_CHECKING:
    from fastapi import FastAPI
    from ray.serve import Application

log = logging.getLogger(__name__)

GREET_S = 5.0


@serve.deployment(
    name="ingress",
    num_replicas=1,
    max_ongoing_requests=10_000,  # a WebSocket holds one for as long as it is open
    # On the head, beside the coordinator and the proxy: a worker node may go at any time.
    ray_actor_options={"num_cpus": 0, "resources": {launch.HEAD: 0.001}},
    graceful_shutdown_timeout_s=5.0,
)
@serve.ingress()
class Ingress:
    """HTTP in, coordinator calls out; holds no state of its own."""

    def __init__(self, settings: Settings) -> None:
        logs.begin(settings.logs, process="ingress")
        resources: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
        if not resources.get("GPU"):  # where there are GPUs, their fractions are the limit
            settings = compose.with_workers(settings, None, int(resources.get("CPU", 1)))
        self._services = compose.services(settings)
        self._config = compose.coordinator_config(settings)
        launch.start_coordinator(self._config)
        self._greeting = asyncio.ensure_future(self._greet())

    def __serve_build_asgi_app__(self) -> "FastAPI":
        from deployments.api import create_api  # noqa: PLC0415 - only replicas build it

        api: FastAPI = create_api(self._services)
        return api

    async def _greet(self) -> None:
        """Keep the coordinator wanted; start one when there is none."""
        while True:
            try:
                await self._services.coordinator.ask("greet")
            except Exception:  # without greetings the coordinator leaves: nothing may end this loop
                log.exception("no coordinator answered; starting one")
                with suppress(RayError, ValueError):
                    launch.start_coordinator(self._config)
            await asyncio.sleep(GREET_S)


def bind(settings: Settings) -> "Application":
    """Return the application with these settings."""
    application: Application = Ingress.bind(settings)  # type: ignore[attr-defined]  # the decorator adds it
    return application


def build(args: dict[str, str]) -> "Application":
    """Return the application for `serve deploy`; `args` are settings by their lower-case names."""
    settings = Settings.model_validate({**load_settings().model_dump(exclude_unset=True), **args})
    if settings.api_keys is None:  # the address that Serve listens on is not said here
        log.warning(
            "BATCH_API_KEYS is not set: whoever reaches Serve's port may do everything. Keep http_options.host at "
            "127.0.0.1 (Serve's own default is 0.0.0.0), or set keys."
        )
    return bind(settings)
