"""The Ray of a cluster that a benchmark is a job on, for an engine of its own there."""

import logging
from pathlib import Path

from deployments.local.embedded import Engine  # first: it prepares the environment

# ruff: noqa: I001
import ray

from actors.messages.ids import new_id
from deployments.local.local_ray import job_config
from deployments.local.waiting import Waiting


class JoinedRay:
    """A Ray that somebody else started; leaving it ends nothing there."""

    def __init__(self, address: str) -> None:
        self._address = address

    def start(self) -> None:
        """Join it."""
        ray.init(address=self._address, log_to_driver=False, logging_level=logging.ERROR, job_config=job_config())

    def stop(self) -> None:
        """Leave it."""
        ray.shutdown()


def guest(address: str, data_dir: Path, *, workers: int, file_roots: list[Path]) -> Engine:
    """Return an engine on that cluster: beside a service and other engines, and each node keeps the blobs it makes."""
    return Engine(
        data_dir,
        workers=workers,
        file_roots=file_roots,
        make_ray=lambda _cpus, _scratch: JoinedRay(address),
        namespace=new_id("photobatch-benchmark-"),
        while_waiting=Waiting(workers).look,
    )
