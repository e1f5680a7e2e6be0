"""The real application without Ray or workers, for commands that ask a service."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.deployments.conftest import World, jpeg, world
from tests.deployments.in_process import served
from tests.photobatch.typed import Typist

__all__ = ["jpeg", "typist", "world"]


@pytest.fixture
async def typist(world: World, tmp_path: Path) -> AsyncIterator[Typist]:
    """Types commands against the application."""
    async with served(world.api) as host:
        yield Typist(tmp_path, PHOTOBATCH_URL=f"http://{host}")
