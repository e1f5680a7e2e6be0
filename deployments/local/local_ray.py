"""A Ray of our own on this machine, and everything it started ended with it.

Ray binds its ports to all interfaces whatever its settings; the token (RAY_AUTH_MODE) keeps others out.
"""

import logging
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import ray
from ray.job_config import JobConfig

from deployments.local import light_node
from models.neural.installed import has_torch

log = logging.getLogger(__name__)

LOOK_S = 0.5
ANSWER_S = 10.0  # silence after which Ray's GCS counts as dead
OBJECT_STORE_BYTES = 80 * 2**20  # Ray's minimum; photos never pass through it


class LocalRay:
    """Ray in this process; never joins a running cluster. `gpus` claims that many (for tests)."""

    def __init__(
        self, *, cpus: int, scratch: Path, gpus: int | None = None, object_store: int = OBJECT_STORE_BYTES
    ) -> None:
        """`object_store`: its bytes."""
        if gpus is None and not has_torch():
            gpus = 0  # nothing here could use them, and workers would wait for a part of one
        self._options: dict[str, Any] = {
            "num_cpus": cpus,
            "num_gpus": gpus,
            "object_store_memory": object_store,
            "_temp_dir": str(scratch / "ray"),
        }
        self._others = set(psutil.Process().children(recursive=True))
        self._asking: threading.Thread | None = None
        self._answers = 0
        self._missed: tuple[int, int] = (0, 0)  # number of answers, and checks since the last one
        self._alive = True
        self._stopped = False

    def start(self) -> None:
        """Start Ray."""
        with light_node.light():
            ray.init(
                address="local",
                log_to_driver=False,
                logging_level=logging.ERROR,
                job_config=job_config(),
                **self._options,
            )

    def trouble(self) -> str | None:
        """Return what is wrong with Ray's own processes, None while they live and answer; call it every LOOK_S.

        Calls are counted, not seconds: if this process itself was stopped, Ray still gets its time.
        """
        if not self.alive():
            return "Ray's raylet or GCS has ended"
        if self._asking is None:
            self._asking = threading.Thread(target=self._ask, name="ask-ray", daemon=True)
            self._asking.start()
        answers, looks = self._missed
        self._missed = (answers, looks + 1) if answers == self._answers else (self._answers, 0)
        if self._missed[1] * LOOK_S > ANSWER_S:
            return f"Ray's GCS has not answered for {ANSWER_S:.0f} s"
        return None if self._alive else "Ray's raylet does not answer"

    def _ask(self) -> None:
        """Query the GCS, which knows the state of the raylet, for as long as it answers. A query may hang for ever."""
        while self._alive and not self._stopped:
            try:
                self._alive = all(node["Alive"] for node in ray.nodes())  # type: ignore[no-untyped-call]
                self._answers += 1
            except Exception:  # during a stop; otherwise the missing answer is counted
                log.debug("Ray did not say which nodes live", exc_info=True)
            time.sleep(1.0)

    def alive(self) -> bool:
        """Whether Ray still runs: a signal to the whole process group ends it too."""
        return {_name(process) for process in psutil.Process().children()} >= {"gcs_server", "raylet"}

    def stop(self, patience_s: float = 5.0) -> None:
        """End Ray, even half started, and every process that it started; stragglers by their id."""
        self._stopped = True
        family = set(psutil.Process().children(recursive=True)) - self._others
        ray.shutdown()
        _, alive = psutil.wait_procs(family, timeout=patience_s)
        for process in alive:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(alive, timeout=patience_s)


def job_config() -> JobConfig:
    """Return a job whose workers import from where this process does.

    Ray puts the driver's current folder before everything else on their path, where photos may lie beside somebody's
    own `models`. It has no setting for that, and does not do it for the drivers of its client.
    """
    return JobConfig(_client_job=True)


def _name(process: psutil.Process) -> str:
    with suppress(psutil.Error):
        if process.status() != psutil.STATUS_ZOMBIE:
            return process.name()
    return ""


def memory() -> int:
    """Return the memory of this process and its descendants, in bytes; shared pages count once (PSS)."""
    total = 0
    own = psutil.Process()
    for process in [own, *own.children(recursive=True)]:
        try:
            total += process.memory_full_info().pss
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return total
