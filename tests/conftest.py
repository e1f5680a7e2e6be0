"""Before any test imports Ray its environment is prepared, which it reads once. And a Redis for those who want one."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.redis_server import RedisServer
from deployments.settings import prepare_ray_environment

prepare_ray_environment()


@pytest.fixture(scope="session")
def needs_redis() -> None:
    """Skip on a laptop without redis-server; CI fails."""
    if not RedisServer.installed():
        if os.environ.get("CI") == "true":
            pytest.fail("redis-server is not installed")
        pytest.skip("needs redis-server")


@pytest.fixture(scope="session")
def needs_prometheus() -> None:
    """Skip on a laptop without prometheus and promtool, which come in one package; CI fails."""
    if shutil.which("prometheus") is None or shutil.which("promtool") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("prometheus is not installed")
        pytest.skip("needs prometheus")


@pytest.fixture
def redis_server(needs_redis: None, tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis of the test's own, which may be killed and started again."""
    server = RedisServer(tmp_path / "redis").start()
    yield server
    server.kill()
