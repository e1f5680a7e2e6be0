"""The Serve application: an ingress that makes sure there is a coordinator, and answers HTTP."""

import asyncio
import logging
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import ray
from ray import serve
from ray.exceptions import RayError

from actors import directory, launch, logs
from deployments import compose
from deployments.settings import Settings, load_settings

if TYPE_CHECKING:
    from fastapi import FastAPI
    from ray.serve import Application

log = logging.getLogger(__name__)

GREET_S = 5.0
POLL_S = 0.1


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

    def __init__(self, settings: Settings, release: float) -> None:
        logs.begin(settings.logs, process="ingress")
        resources: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
        # Where there are GPUs, their fractions are the limit; nodes that are started for the work are not here yet.
        if not resources.get("GPU") and settings.min_workers is None:
            settings = compose.with_workers(settings, None, int(resources.get("CPU", 1)))
        self._services = compose.services(settings)
        self._config = compose.coordinator_config(settings, release=release)
        launch.start_coordinator(self._config)
        self._greeting = asyncio.ensure_future(self._greet())

    def __serve_build_asgi_app__(self) -> "FastAPI":
        from deployments.api import create_api  # noqa: PLC0415 - only replicas build it

        api: FastAPI = create_api(self._services)
        return api

    async def _greet(self) -> None:
        """Keep the coordinator wanted, and one of this release; start one when there is none."""
        while True:
            try:
                told = await self._services.coordinator.ask("greet")
                if told.get("release", 0.0) < self._config.release:
                    await self._replace_coordinator()
                elif told["release"] > self._config.release:
                    log.info("a later deployment is there; this one is about to end")
            except Exception:  # without greetings the coordinator leaves: nothing may end this loop
                log.exception("no coordinator answered; starting one")
                with suppress(RayError, ValueError):
                    launch.start_coordinator(self._config)
            await asyncio.sleep(GREET_S)

    async def _replace_coordinator(self) -> None:
        """Have the coordinator of an earlier release make way for ours."""
        log.warning("taking over from the coordinator of an earlier release")
        old = directory.find_coordinator(self._config.namespace)
        if hasattr(old, "hand_over"):
            with suppress(RayError):  # it ends as it answers
                await old.hand_over.remote(self._config.release)
        else:  # of a version that can't: it ends like one that crashes, and has recorded what it told anybody
            directory.end_actor(old)
        deadline = time.monotonic() + GREET_S
        while time.monotonic() < deadline:
            with suppress(RayError, ValueError):  # its name is free a moment after its end
                if launch.start_coordinator(self._config) != old:
                    return
            await asyncio.sleep(POLL_S)


def bind(settings: Settings, release: float) -> "Application":
    """Return the application with these settings; `release` is the unix time of this deployment."""
    application: Application = Ingress.bind(settings, release)  # type: ignore[attr-defined]  # the decorator adds it
    return application


def build(args: dict[str, str]) -> "Application":
    """Return the application for `serve deploy`; `args` are settings by their lower-case names."""
    settings = Settings.model_validate({**load_settings().model_dump(exclude_unset=True), **args})
    if settings.api_keys is None:  # the address that Serve listens on is not said here
        log.warning(
            "BATCH_API_KEYS is not set: whoever reaches Serve's port may do everything. Keep http_options.host at "
            "127.0.0.1 (Serve's own default is 0.0.0.0), or set keys."
        )
    return bind(settings, time.time())
