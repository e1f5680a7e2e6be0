"""What is Redis's own: it may be away, come back, lose an answer, be set up badly, or come back empty."""

import asyncio
import itertools
import socket
import subprocess
import threading
import time
from contextlib import closing, suppress
from pathlib import Path

import pytest
import redis
from redis.backoff import ConstantBackoff
from redis.retry import Retry

from benchmarks.servers.redis_server import RedisServer
from storage.errors import StorageError
from storage.grouped import Snapshot
from storage.journal import Entry
from storage.redis_check import check_redis
from storage.redis_log import RedisJournal, RedisLog
from tests.storage.journals import entry, versions


async def test_a_thousand_appends_share_few_commits(journal: RedisJournal) -> None:
    await asyncio.gather(*(journal.append([entry("a", version)]) for version in range(1000)))
    assert 1 <= journal.commits < 50


async def test_killed_and_started_again_nothing_told_is_lost_and_nothing_comes_twice(
    server: RedisServer, journal: RedisJournal
) -> None:
    numbers, told, stop, progress = itertools.count(), set(), asyncio.Event(), asyncio.Semaphore(0)

    async def appender() -> None:
        while not stop.is_set():
            number = next(numbers)
            await journal.append([entry("a", number, b"x" * 1000)])
            told.add(number)
            progress.release()

    appenders = [asyncio.ensure_future(appender()) for _ in range(8)]
    for _ in range(3):
        for _ in range(200):
            await progress.acquire()
        await asyncio.to_thread(server.kill)
        await asyncio.to_thread(server.start)
    stop.set()
    await asyncio.gather(*appenders)
    found = versions(journal)
    assert found == sorted(set(found)) == sorted(told)


def killed_while_it_appended(server: RedisServer, lost: int) -> None:
    """Kill it, and take the end of the last commit away, as though the kill had come during the write."""
    server.kill()
    [log] = (server.folder / "appendonlydir").glob("*.incr.aof")
    log.write_bytes(log.read_bytes()[:-lost])
    server.start()


def in_a(*numbers: int) -> list[tuple[Entry, ...]]:
    return [(entry("a", number, b"x" * 1000),) for number in numbers]


@pytest.mark.parametrize("lost", [30, 1500, 2500])
def test_killed_while_it_appends_a_commit_the_repeated_commit_counts_once(server: RedisServer, lost: int) -> None:
    writer, again = RedisLog(server.url, "p"), RedisLog(server.url, "p")
    epoch = writer.take_epoch()
    writer.write(epoch, in_a(0, 1))
    writer.write(epoch, in_a(2, 3, 4))
    killed_while_it_appended(server, lost)
    assert [each.version for each in again.entries()] == [0, 1]
    again.write(epoch, in_a(0, 1))  # these two have the numbers of the first two commits
    again.write(epoch, in_a(2, 3, 4))
    server.kill()
    server.start()
    assert [each.version for each in again.entries()] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("lost", [30, 1500, 2500])
def test_a_commit_that_was_given_up_does_not_come_back(server: RedisServer, lost: int) -> None:
    writer = RedisLog(server.url, "p")
    epoch = writer.take_epoch()
    writer.write(epoch, in_a(0, 1))
    writer.write(epoch, in_a(2, 3, 4))
    killed_while_it_appended(server, lost)
    successor = RedisLog(server.url, "p")
    assert successor.take_epoch() == epoch + 1
    successor.write(epoch + 1, in_a(10))
    server.kill()
    server.start()
    assert [each.version for each in successor.entries()] == [0, 1, 10]
    assert RedisLog(server.url, "p").take_epoch() == epoch + 2


@pytest.mark.parametrize("lost", [5, 30, 60, 100])
def test_an_epoch_that_was_taken_in_vain_takes_nothing_along(server: RedisServer, lost: int) -> None:
    """Redis dies while it appends the taking, and so does who took: the owner of before goes on."""
    owner = RedisLog(server.url, "p")
    epoch = owner.take_epoch()
    owner.write(epoch, in_a(0, 1))
    RedisLog(server.url, "p").take_epoch()
    killed_while_it_appended(server, lost)
    owner.write(epoch, in_a(2))
    owner.write(epoch, in_a(3))
    server.kill()
    server.start()
    successor = RedisLog(server.url, "p")
    assert successor.take_epoch() > epoch
    assert [each.version for each in successor.entries()] == [0, 1, 2, 3]


async def test_while_it_is_away_commits_wait_and_the_journal_says_so(
    server: RedisServer, journal: RedisJournal
) -> None:
    await journal.append([entry("a", 0)])
    assert journal.trouble() is None
    server.kill()
    waiting = [asyncio.ensure_future(journal.append([entry("a", version)])) for version in range(1, 50)]
    assert await asyncio.to_thread(journal.trouble) == "unavailable"
    _, pending = await asyncio.wait(waiting, timeout=3)
    assert len(pending) == 49
    await asyncio.to_thread(server.start)
    await asyncio.gather(*waiting)
    assert versions(journal) == list(range(50))
    assert journal.trouble() is None


async def test_one_that_answers_and_does_not_commit_is_no_journal_either(
    server: RedisServer, journal: RedisJournal
) -> None:
    await journal.append([entry("a", 0)])
    client = redis.Redis.from_url(server.url)
    client.config_set("maxmemory", 1)
    refused = asyncio.ensure_future(journal.append([entry("a", 1)]))
    while await asyncio.to_thread(journal.trouble) is None:
        await asyncio.wait({refused}, timeout=0.01)
    assert await asyncio.to_thread(journal.trouble) == "unavailable"
    client.config_set("maxmemory", 0)
    await refused
    assert journal.trouble() is None
    assert versions(journal) == [0, 1]
    client.close()


async def test_closing_while_it_is_away_gives_up(server: RedisServer, journal: RedisJournal) -> None:
    server.kill()
    waiting = asyncio.ensure_future(journal.append([entry("a", 1)]))
    await asyncio.sleep(0)
    await asyncio.to_thread(journal.close)
    with pytest.raises(StorageError):
        await waiting


async def test_a_commit_whose_answer_was_lost_is_there_once(server: RedisServer) -> None:
    with Meddler(server.port) as meddler:
        journal = RedisJournal(f"redis://127.0.0.1:{meddler.port}/0")
        journal.open()
        await journal.append([entry("a", 1)])
        meddler.swallow = True
        await journal.append([entry("a", 2), entry("b", 3)])
        assert meddler.swallowed > 0
        await journal.append([entry("a", 4)])
        assert list(journal.replay()) == [entry("a", 1), entry("a", 2), entry("a", 4), entry("b", 3)]
        journal.close()


@pytest.mark.parametrize(
    ("name", "value"), [("appendonly", "no"), ("appendfsync", "everysec"), ("maxmemory-policy", "allkeys-lru")]
)
def test_one_that_could_lose_something_is_refused(server: RedisServer, name: str, value: str) -> None:
    check_redis(server.url)
    redis.Redis.from_url(server.url).config_set(name, value)
    for refuse in (lambda: check_redis(server.url), lambda: RedisJournal(server.url).open()):
        with pytest.raises(StorageError, match=f"CONFIG SET {name}"):
            refuse()


def test_one_that_hides_its_configuration_is_taken(server: RedisServer) -> None:
    admin = redis.Redis.from_url(server.url)
    admin.acl_setuser("me", enabled=True, passwords=["+word"], categories=["+@all"], commands=["-config"], keys=["*"])
    url = server.url.replace("//", "//me:word@")
    check_redis(url)
    journal = RedisJournal(url)
    assert journal.open() == 1
    journal.close()


def test_who_is_not_let_in_hears_so_at_once(server: RedisServer) -> None:
    redis.Redis.from_url(server.url).config_set("requirepass", "secret")
    for refuse in (lambda: check_redis(server.url), lambda: RedisJournal(server.url).open()):
        with pytest.raises(StorageError, match="refuses us") as refused:
            refuse()
        assert "127.0.0.1" not in str(refused.value)


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "http://127.0.0.1/", "nonsense"])
def test_an_address_that_leads_nowhere_is_said_at_once(url: str) -> None:
    with pytest.raises(StorageError, match="REDIS_URL"):
        check_redis(url)


class Meddler:
    """A proxy before Redis; once, when `swallow` is set, it passes a commit on and cuts the line before the answer."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.swallow = False
        self.swallowed = 0

    def __enter__(self) -> "Meddler":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with suppress(OSError), client, socket.create_connection(("127.0.0.1", self._target)) as server:
            while data := client.recv(1 << 20):
                server.sendall(data)
                answer = server.recv(1 << 20)
                if self.swallow and b"EVALSHA" in data:
                    self.swallow = False
                    self.swallowed += 1
                    return
                client.sendall(answer)


async def test_a_copy_that_was_taken_while_it_ran_is_restored_as_the_document_says(
    server: RedisServer, journal: RedisJournal, tmp_path: Path
) -> None:
    await journal.append([entry("a", version) for version in range(500)])
    again = RedisServer(tmp_path / "again")
    again.folder.mkdir()
    copy = ["redis-cli", "-p", str(server.port), "--rdb", str(again.folder / "dump.rdb")]
    await asyncio.to_thread(subprocess.run, copy, check=True, capture_output=True)
    await journal.append([entry("a", 500)])
    server.kill()
    await asyncio.to_thread(take_into_appendonly, again)
    try:
        restored = RedisJournal(again.start().url)
        epoch = restored.open()
        assert versions(restored) == list(range(500))
        assert epoch == 2, "the copy knows its owner, and its successor comes after it"
        await restored.append([entry("a", 1000)])
        restored.close()
    finally:
        again.kill()


def take_into_appendonly(server: RedisServer) -> None:
    """Read `dump.rdb`, which a Redis with `appendonly yes` would not, and write it as one wants it."""
    command = ["redis-server", "--port", str(server.port), "--bind", "127.0.0.1", "--dir", str(server.folder)]
    first = subprocess.Popen([*command, "--appendonly", "no"], stdout=subprocess.DEVNULL)
    try:
        with closing(redis.Redis(port=server.port, retry=Retry(ConstantBackoff(0.1), 100))) as client:
            client.ping()
            client.config_set("appendonly", "yes")
            while client.info("persistence")["aof_rewrite_in_progress"]:
                time.sleep(0.02)
    finally:
        first.kill()
        first.wait()


def test_a_journal_that_was_just_opened_lacks_nothing(server: RedisServer) -> None:
    for _ in range(2):
        journal = RedisJournal(server.url)
        journal.open()
        assert journal.missing() is None
        journal.close()


@pytest.mark.parametrize("lost", [30, 1500, 2500])
def test_a_removal_that_was_given_up_halfway_brings_no_snapshot_back(server: RedisServer, lost: int) -> None:
    """A snapshot counts only beside the entries that it stands for, however many of them a cut commit has removed."""
    writer = RedisLog(server.url, "p")
    epoch = writer.take_epoch()
    writer.write(epoch, in_a(0, 1))
    writer.write(epoch, [Snapshot(entry("a", 1, b"snapshot"))])
    writer.write(epoch, ["a", *in_a(2, 3, 4)])
    killed_while_it_appended(server, lost)
    assert [each.body for each in writer.entries()] == [b"snapshot"]
    successor = RedisLog(server.url, "p")
    successor.write(successor.take_epoch(), [(entry("b", 10),)])
    server.kill()
    server.start()
    bodies = [each.body for each in successor.entries()]
    assert bodies in ([b"snapshot", b"body"], [b"body"]), "all of it, or nothing"
    assert all(each.body != b"snapshot" or successor.read("a") for each in successor.entries())
