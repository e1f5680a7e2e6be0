"""The journal in Redis, for a cluster whose head may come back on another machine."""

import logging
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, TypeVar

from redis.exceptions import AuthenticationError, NoPermissionError, RedisError

from storage.errors import EpochLostError, StorageError
from storage.grouped import Change, GroupedJournal
from storage.journal import Entry
from storage.position import Position
from storage.redis_check import check_settings, connected, missing_of, position_of
from storage.redis_entries import Told, packed, steps_of, unpacked

log = logging.getLogger(__name__)

ANSWER_S = 10.0
PING_S = 1.0
FIRST_WAIT_S, LONGEST_WAIT_S = 0.05, 1.0
PAGE = 200  # entries read at once

# KEYS: owner, batches, snapshots, then one list for each step. ARGV: epoch, number of the commit, then for each step
# what to do, the batch and the entry, at last the time. A snapshot is kept behind the number of entries that it stands
# for. A commit whose answer was lost is sent again with its number. If the commit before it is missing too, Redis came
# back older ("behind"). Each epoch counts its own commits, so resurrected entries (see `Told`) cannot disturb the count
# of another epoch.
_COMMIT = """
local last = 'last:' .. ARGV[1]
local owner = redis.call('hmget', KEYS[1], 'epoch', last)
local epoch, commit = tonumber(owner[1] or 0), tonumber(owner[2] or 0)
if epoch > tonumber(ARGV[1]) then return 'lost' end
if epoch < tonumber(ARGV[1]) or commit < tonumber(ARGV[2]) - 1 then return 'behind' end
if commit >= tonumber(ARGV[2]) then return 'done before' end
for step = 1, #KEYS - 3 do
  local list, act, batch, entry = KEYS[step + 3], ARGV[3 * step], ARGV[3 * step + 1], ARGV[3 * step + 2]
  if act == 'drop' then
    redis.call('hdel', KEYS[3], batch)
    redis.call('unlink', list)
    redis.call('zrem', KEYS[2], batch)
  elseif act == 'keep' then
    redis.call('hset', KEYS[3], batch, redis.call('llen', list) .. ' ' .. entry)
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
        self._redis = connected(url, ANSWER_S)
        self._pinged = connected(url, PING_S)  # a separate one: used from another thread while a commit waits
        self._owner, self._batches = f"{{{prefix}}}:owner", f"{{{prefix}}}:batches"
        self._snapshots = f"{{{prefix}}}:snapshots"
        self._list = f"{{{prefix}}}:events:"
        self._commit = self._redis.register_script(_COMMIT)
        self._take = self._redis.register_script(_TAKE_EPOCH)
        self._commits = 0
        self._hurry = threading.Event()
        self._refused = False  # it answers but refuses: read-only, memory or disk full
        self._patiently(lambda: check_settings(self._redis))

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
        self._recorded = self._found = Position(epoch, 0, now)
        return epoch

    def write(self, epoch: int, changes: Sequence[Change]) -> None:
        """Commit the changes in order, all or none; waits for Redis. Raises EpochLostError."""
        keys: list[str] = [self._owner, self._batches, self._snapshots]
        self._commits += 1
        now = time.time()
        said: list[str | bytes | int | float] = [epoch, self._commits]
        for act, batch_id, entry in steps_of(changes):
            keys.append(self._list + batch_id)
            said += [act, batch_id, packed(entry, epoch, self._commits) if entry else ""]
        said.append(now)
        if self._patiently(lambda: self._sent(keys, said)) == b"lost":
            raise EpochLostError(f"A newer epoch owns the journal; epoch {epoch} may not write any more.")
        self._recorded = Position(epoch, self._commits, now)

    def entries(self, *, snapshots: bool = True) -> Iterator[Entry]:
        """Stream every entry by batch and version, a page at a time; with `snapshots`, these in their place."""
        told = Told(self._patiently(lambda: self._redis.hgetall(self._owner)))
        names = [name.decode() for name in self._patiently(lambda: self._redis.zrange(self._batches, 0, -1))]
        for first in range(0, len(names), PAGE):
            page = names[first : first + PAGE]
            kept = self._patiently(partial(self._kept, page, told)) if snapshots else {}
            for batch_id in page:
                snapshot, behind, rest = kept.get(batch_id, (None, 0, None))
                if snapshot:
                    yield snapshot
                if rest != []:
                    yield from self._told(batch_id, behind, snapshot.version if snapshot else -1, told)

    def read(self, batch_id: str) -> list[Entry]:
        """Return every entry of a batch; waits for Redis."""
        owner, lines = self._patiently(partial(self._whole, batch_id), writing=False)
        return list(Told(owner).only(batch_id, lines, -1))

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
        return missing_of(self._found, self._recorded)

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

    def _kept(self, names: list[str], told: Told) -> dict[str, tuple[Entry, int, list[bytes]]]:
        """Return the snapshots of these batches that count, how many entries each stands for, and what came after.

        A Redis that executed the beginning of a given-up removal (see `Told`) has fewer entries than that.
        """
        found: dict[str, tuple[Entry, int]] = {}
        for batch_id, line in zip(names, self._redis.hmget(self._snapshots, names), strict=True):
            if line is not None:
                count, _, rest = line.partition(b" ")
                entry, tag = unpacked(batch_id, rest)
                if told.includes(tag):
                    found[batch_id] = entry, int(count)
        with self._redis.pipeline(transaction=False) as pipeline:
            for batch_id, (_, count) in found.items():
                pipeline.llen(self._list + batch_id)
                pipeline.lrange(self._list + batch_id, count, count)
            answers = pipeline.execute()
        lengths, rests = answers[::2], answers[1::2]
        return {
            batch_id: (*kept, rest)
            for (batch_id, kept), length, rest in zip(found.items(), lengths, rests, strict=True)
            if length >= kept[1]
        }

    def _told(self, batch_id: str, first: int, newest: int, told: Told) -> Iterator[Entry]:
        """Stream the entries of a batch from a place of its list on, those above a version, a page at a time."""
        key = self._list + batch_id
        while page := self._patiently(partial(self._redis.lrange, key, first, first + PAGE - 1)):
            for entry in told.only(batch_id, page, newest):
                newest = entry.version
                yield entry
            first += PAGE

    def _whole(self, batch_id: str) -> tuple[dict[bytes, bytes], list[bytes]]:
        with self._redis.pipeline(transaction=True) as pipeline:
            owner, lines = pipeline.hgetall(self._owner).lrange(self._list + batch_id, 0, -1).execute()
        return owner, lines

    def _position(self, client: Any) -> Position:
        return position_of(client, self._owner)

    def _sent(self, keys: list[str], said: list[str | bytes | int | float]) -> bytes:
        answer: bytes = self._commit(keys=keys, args=said)
        if answer == b"behind":  # the newer one may return: wait, as for an unavailable Redis
            raise _BehindError("it is older than what was recorded")
        return answer

    def _patiently(self, step: Callable[[], _T], *, writing: bool = True) -> _T:
        """Take a step, and repeat it while Redis is unavailable; all steps are idempotent."""
        wait, told_at = FIRST_WAIT_S, 0.0
        while True:
            try:
                done = step()
                if writing:  # a Redis that refuses writes may answer questions
                    self._refused = False
                return done
            except (AuthenticationError, NoPermissionError) as error:
                raise StorageError("Redis refuses us; check user and password in REDIS_URL.") from error
            except (RedisError, OSError) as error:  # refused, reset, loading, read-only, its memory or disk full …
                self._refused = self._refused or writing
                if time.monotonic() > told_at + 10:
                    log.warning("the journal waits for Redis: %s", type(error).__name__)
                    told_at = time.monotonic()
                if self._hurry.wait(wait * random.uniform(0.5, 1)):  # noqa: S311 - not a secret
                    raise StorageError("Redis does not answer.") from error
                wait = min(2 * wait, LONGEST_WAIT_S)


class _BehindError(RedisError):
    """Redis came back older than the recorded position."""
