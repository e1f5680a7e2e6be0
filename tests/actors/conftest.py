"""Each test gets a namespace, a journal and blobs of its own, on the Ray of all tests."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from actors import directory
from tests.actors.service import Service


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
