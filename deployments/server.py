"""`photobatch serve`: Ray, Serve and the application on this machine, until a signal."""

import asyncio
import fcntl
import logging
import os
import shutil
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from deployments.session import end_at_once, new_scratch_folder
from deployments.settings import (
    Settings,
    SettingsError,
    forget_secrets,
    load_settings,
    prepare_proxy_environment,
    prepare_ray_environment,
)

prepare_ray_environment()  # here, because Ray reads it when it is imported, and what follows imports Ray

# ruff: noqa: E402
import ray
from ray.exceptions import RayError

from actors import directory, launch, logs
from actors.config import NAMESPACE
from deployments import compose
from deployments.embedded import CLOSE_S, EngineError
from deployments.journal_check import check_journal
from deployments.local_ray import LocalRay
from storage.errors import StorageError

LOOPBACK = "127.0.0.1"
READY_POLL_S = 0.2
DRAIN_S = 2.0  # what is being worked on may finish
LONGEST_STOP_S, LONGEST_LEAVE_S = 9.0, 30.0  # of a Ray of our own; of a cluster, where the application is deleted first


def serve(*, host: str, port: int | None, workers: int | None) -> None:
    """Serve until Ctrl-C or SIGTERM, then end every process that was started; a second signal ends them at once.

    Raises EngineError when the port is taken or another server uses the data folder.
    """
    try:
        settings = load_settings()
    except SettingsError as error:
        raise EngineError("invalid_settings", str(error)) from None
    logs.begin(settings.logs, process="serve")
    forget_secrets()  # workers decode what strangers send
    port = port or settings.api_port
    settings = compose.with_workers(settings, workers, os.cpu_count() or 1)
    _check_port(host, port)
    _check_journal(settings)
    _check_blobs(settings)
    stop = threading.Event()
    with _alone(settings.data_dir), _scratch() as scratch:
        joined = settings.ray_address is not None
        _on_signals(stop, scratch, joined=joined)
        with _cluster(settings, host, port, stop, scratch):
            _on_signals(stop, scratch, joined=joined)  # Serve may have put others in their place
            ready = f"photobatch is ready at http://{host}:{port} (docs at /docs, Ctrl-C stops)"
            threading.Thread(target=_say_when_ready, args=(ready, stop), name="ready", daemon=True).start()
            stop.wait()
            print("stopping …", flush=True)


@contextmanager
def _scratch() -> Iterator[Path]:
    folder = new_scratch_folder()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _on_signals(stop: threading.Event, scratch: Path, *, joined: bool) -> None:
    """Let a signal set `stop`; a second one, or the time running out, ends everything at once.

    A signal to the whole group ends Ray before us, and some of its calls never return then.
    """

    def act(*_: object) -> None:
        if stop.is_set():
            end_at_once(scratch)
        stop.set()
        timer = threading.Timer(LONGEST_LEAVE_S if joined else LONGEST_STOP_S, end_at_once, [scratch])
        timer.daemon = True
        timer.start()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, act)


@contextmanager
def _cluster(settings: Settings, host: str, port: int, stop: threading.Event, scratch: Path) -> Iterator[None]:
    """Run the application on a Ray of our own, or on the cluster that RAY_ADDRESS names; less of it after a signal."""
    prepare_proxy_environment(scratch, host=host, port=port)
    own = None
    if not settings.ray_address:
        own = LocalRay(cpus=max(settings.max_workers, os.cpu_count() or 1), scratch=scratch)
    try:
        if own:
            own.start()
            own.open_dashboard()
        else:
            ray.init(address=settings.ray_address)
        _on_signals(stop, scratch, joined=own is None)  # Ray has put its own in the place of SIGTERM's
        _run_application(settings, LOOPBACK if own else host, port, stop)  # HAProxy of our own listens at host
        yield
    finally:
        _stop_application(own)


def _run_application(settings: Settings, host: str, port: int, stop: threading.Event) -> None:
    from ray import serve as ray_serve  # noqa: PLC0415 - it reads the proxy's environment when it is imported

    from deployments.app import bind  # noqa: PLC0415

    logging.getLogger("ray.serve").setLevel(logging.WARNING)  # one line when ready, and nothing else
    release = time.time()
    steps = (
        # Workers warm up while Serve starts.
        lambda: launch.start_coordinator(compose.coordinator_config(settings, release=release)),
        lambda: ray_serve.start(proxy_location="HeadOnly", http_options={"host": host, "port": port}),
        lambda: ray_serve.run(bind(settings, release), name=compose.APP, route_prefix="/"),
    )
    for step in steps:
        if stop.is_set():  # none of them can be interrupted
            return
        step()


def _stop_application(own: LocalRay | None) -> None:
    if ray.is_initialized():
        if own is None:
            from ray import serve as ray_serve  # noqa: PLC0415

            ray_serve.delete(compose.APP)  # the cluster may serve other applications
        closing = threading.Thread(target=_close_coordinator, name="closing", daemon=True)
        closing.start()
        deadline = time.monotonic() + DRAIN_S + CLOSE_S
        while closing.is_alive() and (own is None or own.alive()) and time.monotonic() < deadline:
            closing.join(0.1)
    if own is not None:
        own.stop()
    else:
        ray.shutdown()


def _close_coordinator() -> None:
    with suppress(RayError, ValueError):  # it ends itself while it answers, or was gone
        ray.get(directory.find_coordinator(NAMESPACE).close.remote(DRAIN_S), timeout=DRAIN_S + CLOSE_S)


def _say_when_ready(what: str, stop: threading.Event) -> None:
    while not stop.wait(READY_POLL_S):
        try:
            stats = ray.get(directory.find_coordinator(NAMESPACE).stats.remote(), timeout=5)
        except (RayError, ValueError):
            continue
        if stats["elastic"] or stats["workers"]["ready"] + stats["workers"]["busy"]:
            print(what, flush=True)
            return


def _check_port(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            raise EngineError("port_taken", f"Port {port} on {host} is taken; choose another with --port.") from None


def _check_journal(settings: Settings) -> None:
    try:
        check_journal(settings)
    except StorageError as error:
        raise EngineError("journal_unavailable", str(error)) from None


def _check_blobs(settings: Settings) -> None:
    if settings.blob_url:
        from storage.store_check import check_store  # noqa: PLC0415 - for those who name one

        try:
            asyncio.run(check_store(settings.blob_url))
        except StorageError as error:
            raise EngineError("storage_unavailable", str(error)) from None


@contextmanager
def _alone(data_dir: Path) -> Iterator[None]:
    """Hold the data folder: two servers on one journal would take turns in killing each other."""
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        lock = open(data_dir / "serve.lock", "w")  # noqa: SIM115 - closed below
    except OSError as error:
        detail = f"The data folder {data_dir} cannot be used ({error.strerror}); set BATCH_DATA_DIR to another."
        raise EngineError("data_dir_unusable", detail) from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            detail = f"Another photobatch server uses {data_dir}; stop it, or set BATCH_DATA_DIR to another folder."
            raise EngineError("data_dir_taken", detail) from None
        yield
