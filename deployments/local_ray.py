"""A Ray of our own on this machine, on loopback, and everything it started ended with it."""

import logging
from pathlib import Path

import psutil
import ray

OBJECT_STORE_BYTES = 80 * 2**20  # the least Ray takes; photos never pass through it


def start(*, cpus: int, dashboard: bool, scratch: Path, gpus: int | None = None) -> None:
    """Start Ray for this process; joins no cluster, whatever is running. `gpus` claims so many (for tests)."""
    ray.init(
        address="local",
        num_cpus=cpus,
        num_gpus=gpus,
        include_dashboard=dashboard,
        object_store_memory=OBJECT_STORE_BYTES,
        log_to_driver=False,
        logging_level=logging.ERROR,
        configure_logging=True,
        _node_ip_address="127.0.0.1",
        _temp_dir=str(scratch),
    )


def stop(patience_s: float = 5.0) -> None:
    """End Ray and every process that came from it; a straggler is killed by its id."""
    family = psutil.Process().children(recursive=True)
    ray.shutdown()
    _, alive = psutil.wait_procs(family, timeout=patience_s)
    for process in alive:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(alive, timeout=patience_s)


def memory() -> int:
    """Return the memory of this process and all that it started, in bytes; shared pages are counted once (PSS)."""
    total = 0
    own = psutil.Process()
    for process in [own, *own.children(recursive=True)]:
        try:
            total += process.memory_full_info().pss
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return total
