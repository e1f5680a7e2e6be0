"""A Redis of the tests' own, and where it is missing, a word about it."""

import os
from collections.abc import Iterator

import pytest

from benchmarks.servers.redis_server import RedisServer
from tests.storage.journals import KINDS, REDIS_URL


@pytest.fixture(scope="session")
def redis_here(needs_redis: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path_factory.mktemp("redis")).start()
    os.environ[REDIS_URL] = server.url
    yield server
    del os.environ[REDIS_URL]
    server.kill()


@pytest.fixture(params=sorted(KINDS))
def kind(request: pytest.FixtureRequest) -> str:
    if request.param == "redis":
        request.getfixturevalue("redis_here")
    return str(request.param)
