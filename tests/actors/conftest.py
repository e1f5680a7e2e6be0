"""One local Ray for the actor tests; each test gets a namespace, a journal and blobs of its own."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from actors import directory
from deployments.local.local_ray import LocalRay
from deployments.local.session import new_scratch_folder
from tests.actors.service import Service


@pytest.fixture(scope="session")
def ray_here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    local = LocalRay(cpus=64, scratch=new_scratch_folder())
    local.start()
    yield
    local.stop()
    family = psutil.Process().children(recursive=True)
    left = [process for process in family if "PHOTOBATCH_TEST" not in process.environ()]  # other tests' servers
    assert [process.name() for process in left if "ray" in process.name()] == []


@pytest.fixture
def service(ray_here: None, tmp_path: Path) -> Iterator[Callable[..., Service]]:
    made: list[Service] = []

    def start(**changes: Any) -> Service:
        made.append(Service(tmp_path, **changes))
        return made[-1].start()

    yield start
    for one in made:
        try:
            handle = directory.find_coordinator(one.config.namespace)
        except ValueError:
            continue
        handle.close.remote()
