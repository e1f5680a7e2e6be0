"""A Redis of the tests' own, and where it is missing, a word about it."""

import os
from collections.abc import Iterator

import pytest

from benchmarks.servers.redis_server import RedisServer
from storage.redis_log import RedisJournal
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


@pytest.fixture
def server(redis_server: RedisServer) -> RedisServer:
    return redis_server


@pytest.fixture
def journal(server: RedisServer) -> Iterator[RedisJournal]:
    """An open journal in this test's Redis; files about other journals have a fixture of this name of their own."""
    journal = RedisJournal(server.url)
    journal.open()
    yield journal
    journal.close()
