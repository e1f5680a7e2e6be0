"""`photobatch serve` with RAY_ADDRESS: the application on an existing cluster, until a signal."""

import asyncio
import logging
import os
import signal
import threading
import time

from deployments.settings import Settings, forget_secrets, prepare_ray_environment

prepare_ray_environment()  # first, because Ray reads it on import, and the following imports need Ray

# ruff: noqa: E402
import ray
from ray import serve as ray_serve

from actors import launch, logs
from actors.client import CoordinatorClient
from actors.directory import NAMESPACE
from actors.messages.errors import BatchError
from deployments import compose
from deployments.app import bind
from deployments.local.local_ray import job_config
from deployments.local.waiting import Waiting

READY_POLL_S = 0.2
DRAIN_S = 2.0  # photos in progress may finish
LONGEST_LEAVE_S = 30.0


def serve(settings: Settings, *, host: str, port: int, workers: int | None) -> None:
    """Run the application on the cluster until Ctrl-C or SIGTERM; a second signal leaves at once."""
    logs.begin(settings.logs, process="serve")
    forget_secrets()  # workers decode untrusted files
    settings = settings.model_copy(update={"max_workers": workers or settings.max_workers})
    stop = threading.Event()
    _on_signals(stop)
    try:
        ray.init(address=settings.ray_address, job_config=job_config())
        _on_signals(stop)  # Ray has put its own in the place of SIGTERM's
        _run_application(settings, host, port, stop)
        _on_signals(stop)
        ready = f"photobatch is ready at http://{host}:{port} (docs at /docs, Ctrl-C stops)"
        threading.Thread(
            target=_say_when_ready, args=(ready, settings.max_workers or 1, stop), name="ready", daemon=True
        ).start()
        stop.wait()
        print("stopping …", flush=True)
    finally:
        _leave()


def _on_signals(stop: threading.Event) -> None:
    def act(*_: object) -> None:
        if stop.is_set():
            os._exit(130)
        stop.set()
        timer = threading.Timer(LONGEST_LEAVE_S, os._exit, [130])
        timer.daemon = True
        timer.start()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, act)


def _run_application(settings: Settings, host: str, port: int, stop: threading.Event) -> None:
    logging.getLogger("ray.serve").setLevel(logging.WARNING)  # only one line, when ready
    release = time.time()
    steps = (
        # Workers warm up while Serve starts.
        lambda: launch.start_coordinator(compose.coordinator_config(settings, release=release)),
        lambda: ray_serve.start(proxy_location="HeadOnly", http_options={"host": host, "port": port}),
        lambda: ray_serve.run(bind(settings, release), name=compose.APP, route_prefix="/"),
    )
    for step in steps:
        if stop.is_set():  # none of these steps can be interrupted
            return
        step()


def _leave() -> None:
    if ray.is_initialized():
        # The cluster may serve other applications. Do not wait while Serve drains the ingress for half a minute;
        # a coordinator that the ingress starts meanwhile ends when nobody greets it.
        ray_serve.delete(compose.APP, _blocking=False)
        launch.close_coordinator(NAMESPACE, DRAIN_S)
    ray.shutdown()


def _say_when_ready(what: str, workers: int, stop: threading.Event) -> None:
    coordinator, waiting = CoordinatorClient(NAMESPACE, patience_s=0.0, answer_s=5.0), Waiting(workers)
    while not stop.wait(READY_POLL_S):
        try:
            stats = asyncio.run(coordinator.stats())
        except BatchError:
            continue
        if stats["elastic"] or stats["workers"]["ready"] + stats["workers"]["busy"]:
            print(what, flush=True)
            return
        waiting.look(0)
