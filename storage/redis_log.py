"""The journal in Redis, for a cluster whose head may come back on another machine."""

import logging
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, TypeVar

import redis
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, NoPermissionError, RedisError, ResponseError
from redis.retry import Retry

from storage.errors import EpochLostError, StorageError
from storage.grouped import Change, GroupedJournal
from storage.journal import Entry
from storage.position import Position

log = logging.getLogger(__name__)

CONNECT_S = 3.0
ANSWER_S = 10.0
PING_S = 1.0
FIRST_WAIT_S, LONGEST_WAIT_S = 0.05, 1.0
PAGE = 200  # entries read at once
NEEDED = {"appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction"}

# KEYS: owner, batches, then one list for each step. ARGV: epoch, number of the commit, then for each step the batch and
# the entry for its list ("": remove the list), at last the time. A commit whose answer was lost is sent again with its
# number. If the commit before it is missing too, Redis came back older ("behind"). Each epoch counts its own commits,
# so resurrected entries (see `_Told`) cannot disturb the count of another epoch.
_COMMIT = """
local last = 'last:' .. ARGV[1]
local owner = redis.call('hmget', KEYS[1], 'epoch', last)
local epoch, commit = tonumber(owner[1] or 0), tonumber(owner[2] or 0)
if epoch > tonumber(ARGV[1]) then return 'lost' end
if epoch < tonumber(ARGV[1]) or commit < tonumber(ARGV[2]) - 1 then return 'behind' end
if commit >= tonumber(ARGV[2]) then return 'done before' end
for step = 1, #KEYS - 2 do
  local list, batch, entry = KEYS[step + 2], ARGV[2 * step + 1], ARGV[2 * step + 2]
  if entry == '' then
    redis.call('unlink', list)
    redis.call('zrem', KEYS[2], batch)
  else
    redis.call('rpush', list, entry)
    redis.call('zadd', KEYS[2], 0, batch)
  end
end
redis.call('hset', KEYS[1], last, ARGV[2], 'at', ARGV[#ARGV])
return 'done'
"""
# Writes the last commit of the previous epoch once more, which makes its end durable. Values, not increments, because
# it may run twice; always several commands, so that it ends with an EXEC. ARGV: the latest known epoch, the time.
_TAKE_EPOCH = """
local before = redis.call('hget', KEYS[1], 'epoch') or '0'
local epoch = math.max(tonumber(before), tonumber(ARGV[1])) + 1
redis.call('hset', KEYS[1], 'last:' .. before, redis.call('hget', KEYS[1], 'last:' .. before) or 0)
redis.call('hset', KEYS[1], 'epoch', epoch, 'at', ARGV[2])
redis.call('hset', KEYS[1], 'last:' .. epoch, 0)
return epoch
"""

_T = TypeVar("_T")


def _nothing() -> Position | None:
    return None


class RedisJournal(GroupedJournal):
    """Durable on return if Redis runs with appendonly, appendfsync always and noeviction.

    While Redis is unavailable, commits wait. Two services may share a Redis with different prefixes.
    `known` returns how far the journal was recorded; `accept` names an older position that is accepted.
    """

    def __init__(
        self, url: str, prefix: str = "photobatch", known: Callable[[], Position | None] = _nothing, accept: str = ""
    ) -> None:
        super().__init__(partial(RedisLog, url, prefix, known, accept))


class RedisLog:
    """The journal over one connection. Uses the synchronous client, because the writer has its own thread.

    Errors name neither host nor password, because some of them reach clients.
    """

    def __init__(
        self, url: str, prefix: str, known: Callable[[], Position | None] = _nothing, accept: str = ""
    ) -> None:
        self._read_known, self._accept = known, accept
        self._recorded = Position(0, 0)  # acknowledged by Redis, to us or to earlier owners
        self._found = Position(0, 0)  # present in Redis at the last check
        self.shortened = False
        self._redis = _connect(url, ANSWER_S)
        self._pinged = _connect(url, PING_S)  # a separate one: used from another thread while a commit waits
        self._owner, self._batches = f"{{{prefix}}}:owner", f"{{{prefix}}}:batches"
        self._list = f"{{{prefix}}}:events:"
        self._commit = self._redis.register_script(_COMMIT)
        self._take = self._redis.register_script(_TAKE_EPOCH)
        self._commits = 0
        self._hurry = threading.Event()
        self._refused = False  # it answers but refuses: read-only, memory or disk full
        self._patiently(lambda: _check(self._redis))

    def take_epoch(self) -> int:
        """Raise the epoch, durably, and return it; waits for Redis.

        A Redis that came back older is not changed: every commit with the returned epoch waits.
        """
        known = self._known()
        found = self._found = self._patiently(lambda: self._position(self._redis))
        self._recorded = max(found, known)
        if found.lacks(known):
            if found.name != self._accept:
                return known.epoch + 1
            self.shortened = True
            log.warning(
                "the journal came back older, and is accepted at %s; %s was known", found.described(), known.described()
            )
        now = time.time()
        # Above every earlier epoch, because workers, clients and an older owner compare with it.
        epoch = int(self._patiently(lambda: self._take(keys=[self._owner], args=[known.epoch, now])))
        self._recorded = Position(epoch, 0, now)
        return epoch

    def write(self, epoch: int, changes: Sequence[Change]) -> None:
        """Commit the changes in order, all or none; waits for Redis. Raises EpochLostError."""
        keys: list[str] = [self._owner, self._batches]
        self._commits += 1
        now = time.time()
        said: list[str | bytes | int | float] = [epoch, self._commits]
        for change in changes:
            if isinstance(change, str):
                entries = [(change, b"")]
            else:
                entries = [(each.batch_id, _packed(each, epoch, self._commits)) for each in change]
            for batch_id, entry in entries:
                keys.append(self._list + batch_id)
                said += [batch_id, entry]
        said.append(now)
        if self._patiently(lambda: self._sent(keys, said)) == b"lost":
            raise EpochLostError(f"A newer epoch owns the journal; epoch {epoch} may not write any more.")
        self._recorded = Position(epoch, self._commits, now)

    def entries(self) -> Iterator[Entry]:
        """Stream every entry by batch and version, a page at a time."""
        told = _Told(self._patiently(lambda: self._redis.hgetall(self._owner)))
        for batch_id in self._patiently(lambda: self._redis.zrange(self._batches, 0, -1)):
            key, first, newest = self._list + batch_id.decode(), 0, -1
            while page := self._patiently(partial(self._redis.lrange, key, first, first + PAGE - 1)):
                for packed in page:
                    entry, tag = _unpacked(batch_id.decode(), packed)
                    if entry.version > newest and told.includes(tag):
                        newest = entry.version
                        yield entry
                first += PAGE

    def trouble(self) -> str | None:
        """Return "behind" if Redis came back older, "unavailable" if it is silent or does not commit."""
        recorded = self._recorded  # read before Redis is queried: Redis may be ahead of it, never behind
        try:
            self._found = self._position(self._pinged)
        except (RedisError, OSError):
            return "unavailable"
        if self._found.lacks(recorded):
            return "behind"
        return "unavailable" if self._refused else None

    def missing(self) -> str | None:
        """Say what is missing in a Redis that came back older."""
        return _missing(self._found, self._recorded)

    def position(self) -> Position | None:
        """Return the position that Redis has acknowledged."""
        return self._recorded

    def hurry(self) -> None:
        """Stop waiting for an unavailable Redis."""
        self._hurry.set()

    def close(self) -> None:
        """Close the connections. Idempotent."""
        self._redis.close()
        self._pinged.close()

    def _known(self) -> Position:
        try:
            return self._read_known() or Position(0, 0)
        except StorageError as error:
            log.warning("whether the journal came back older cannot be seen: %s", error)
            return Position(0, 0)

    def _position(self, client: Any) -> Position:
        return _position(client, self._owner)

    def _sent(self, keys: list[str], said: list[str | bytes | int | float]) -> bytes:
        answer: bytes = self._commit(keys=keys, args=said)
        if answer == b"behind":  # the newer one may return: wait, as for an unavailable Redis
            raise _BehindError("it is older than what was recorded")
        return answer

    def _patiently(self, step: Callable[[], _T]) -> _T:
        """Take a step, and repeat it while Redis is unavailable; all steps are idempotent."""
        wait, told_at = FIRST_WAIT_S, 0.0
        while True:
            try:
                done = step()
                self._refused = False
                return done
            except (AuthenticationError, NoPermissionError) as error:
                raise StorageError("Redis refuses us; check user and password in REDIS_URL.") from error
            except (RedisError, OSError) as error:  # refused, reset, loading, read-only, its memory or disk full …
                self._refused = True
                if time.monotonic() > told_at + 10:
                    log.warning("the journal waits for Redis: %s", type(error).__name__)
                    told_at = time.monotonic()
                if self._hurry.wait(wait * random.uniform(0.5, 1)):  # noqa: S311 - not a secret
                    raise StorageError("Redis does not answer.") from error
                wait = min(2 * wait, LONGEST_WAIT_S)


class _BehindError(RedisError):
    """Redis came back older than the recorded position."""


def _position(client: Any, owner: str) -> Position:
    """Return how far the journal in a Redis is recorded."""
    said = client.hgetall(owner)
    epoch = int(said.get(b"epoch", 0))
    return Position(epoch, int(said.get(b"last:%d" % epoch, 0)), float(said.get(b"at", 0.0)))


def _missing(found: Position, known: Position) -> str | None:
    if not found.lacks(known):
        return None
    lost = f"{known.commit - found.commit} commits are" if found.epoch == known.epoch else "What came in between is"
    return (
        f"Redis came back older: it ends with {found.described()}; recorded was {known.described()}. {lost} missing."
        f" Bring the newer Redis back; or, to go on without, restart with BATCH_JOURNAL_ACCEPT={found.name}."
    )


def check_behind(url: str, known: Position | None, accept: str = "", prefix: str = "photobatch") -> None:
    """Raise StorageError if Redis lacks recorded commits, unless that is accepted."""
    client = _connect(url, CONNECT_S)
    try:
        found = _position(client, f"{{{prefix}}}:owner")
    except (RedisError, OSError) as error:
        raise StorageError("Redis does not answer at REDIS_URL; start it, or unset REDIS_URL.") from error
    finally:
        client.close()
    if known and found.name != accept and (missing := _missing(found, known)):
        raise StorageError(missing)


def check_redis(url: str, prefix: str = "photobatch", *, writing: bool = False) -> str | None:
    """Return notes on settings that could not be read; raises StorageError if no journal can be kept there.

    A service may start on a Redis that refuses writes for now, and holds; `writing` checks that too.
    """
    client = _connect(url, CONNECT_S)
    try:
        untold = _untold(client)
        if writing:
            client.eval("redis.call('set', KEYS[1], '') return redis.call('unlink', KEYS[1])", 1, f"{{{prefix}}}:check")
        return untold
    except (AuthenticationError, NoPermissionError) as error:
        raise StorageError("Redis refuses us; check user and password in REDIS_URL.") from error
    except ResponseError as error:
        raise StorageError(f"Redis answers, and takes nothing from us ({error}); let it, or name another.") from error
    except (RedisError, OSError) as error:
        raise StorageError("Redis does not answer at REDIS_URL; start it, or unset REDIS_URL.") from error
    finally:
        client.close()


def _connect(url: str, answer_s: float) -> Any:
    try:
        client = redis.Redis.from_url(
            url,
            socket_connect_timeout=min(CONNECT_S, answer_s),
            socket_timeout=answer_s,
            socket_keepalive=True,
            retry=Retry(NoBackoff(), 0),  # `_patiently` repeats, for as long as it takes
        )
        pool = client.connection_pool
        pool.connection_class(**pool.connection_kwargs)  # does not connect, but raises for unknown ?options
        return client
    except (ValueError, TypeError) as error:
        raise StorageError("REDIS_URL is no Redis address; write redis://host:6379/0.") from error


def _check(client: Any) -> None:
    """Raise StorageError if Redis could lose acknowledged commits."""
    untold = _untold(client)
    if untold is not None:
        log.warning("Redis %s", untold)


def _untold(client: Any) -> str | None:
    """Check the settings of a Redis; return why they cannot be read, None if they can."""
    client.ping()
    try:
        found = {name: str(client.config_get(name).get(name, value)) for name, value in NEEDED.items()}
    except (NoPermissionError, ResponseError):  # a managed Redis, or an account without permission
        needed = ", ".join(f"{name} {value}" for name, value in NEEDED.items())
        return f"does not tell its configuration; it needs {needed}"
    wrong = [f"CONFIG SET {name} {value}" for name, value in NEEDED.items() if found[name] != value]
    if wrong:
        raise StorageError(f"Redis could lose what it has confirmed. Type into redis-cli: {'; '.join(wrong)}.")
    return None


class _Told:
    """Which commits were acknowledged, or still may be.

    A Redis that dies while it appends a commit to its log leaves an open MULTI there. After the first restart it has
    dropped that commit, correctly. After the second restart it executes the beginning of the dropped commit together
    with whatever followed the MULTI (Redis 7.0 cuts the file after the last whole command, not before the MULTI). So
    entries may be there twice, or belong to a commit that was given up when the next epoch was taken.
    """

    def __init__(self, owner: dict[bytes, bytes]) -> None:
        self._last = {int(name[5:]): int(last) for name, last in owner.items() if name.startswith(b"last:")}

    def includes(self, tag: tuple[int, int]) -> bool:
        """Say whether this commit of an epoch counts."""
        epoch, commit = tag
        return commit <= self._last.get(epoch, commit)


def _packed(entry: Entry, epoch: int, commit: int) -> bytes:
    return b"%d %d %d\n%b" % (entry.version, epoch, commit, entry.body)


def _unpacked(batch_id: str, packed: bytes) -> tuple[Entry, tuple[int, int]]:
    head, _, body = packed.partition(b"\n")
    version, epoch, commit = map(int, (head + b" 0 0").split(b" ")[:3])  # the first format had no tag
    return Entry(batch_id, version, body), (epoch, commit)
