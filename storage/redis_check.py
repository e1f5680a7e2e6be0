"""Whether a Redis can keep a journal: its address, its settings, and what it has."""

import logging
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, NoPermissionError, RedisError, ResponseError
from redis.retry import Retry

from storage.errors import StorageError
from storage.position import Position

log = logging.getLogger(__name__)

CONNECT_S = 3.0
NEEDED = {"appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction"}


def position_of(client: Any, owner: str) -> Position:
    """Return how far the journal in a Redis is recorded."""
    said = client.hgetall(owner)
    epoch = int(said.get(b"epoch", 0))
    return Position(epoch, int(said.get(b"last:%d" % epoch, 0)), float(said.get(b"at", 0.0)))


def missing_of(found: Position, known: Position) -> str | None:
    """Say what a Redis that ends at `found` lacks of what is known, and what to do; None if nothing."""
    if not found.lacks(known):
        return None
    lost = f"{known.commit - found.commit} commits are" if found.epoch == known.epoch else "What came in between is"
    return (
        f"Redis came back older: it ends with {found.described()}; recorded was {known.described()}. {lost} missing."
        f" Bring the newer Redis back; or, to go on without, restart with BATCH_JOURNAL_ACCEPT={found.name}."
    )


def check_behind(url: str, known: Position | None, accept: str = "", prefix: str = "photobatch") -> None:
    """Raise StorageError if Redis lacks recorded commits, unless that is accepted."""
    client = connected(url, CONNECT_S)
    try:
        found = position_of(client, f"{{{prefix}}}:owner")
    except (RedisError, OSError) as error:
        raise StorageError("Redis does not answer at REDIS_URL; start it, or unset REDIS_URL.") from error
    finally:
        client.close()
    if known and found.name != accept and (missing := missing_of(found, known)):
        raise StorageError(missing)


def check_redis(url: str, prefix: str = "photobatch", *, writing: bool = False) -> str | None:
    """Return notes on settings that could not be read; raises StorageError if no journal can be kept there.

    A service may start on a Redis that refuses writes for now, and holds; `writing` checks that too.
    """
    client = connected(url, CONNECT_S)
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


def connected(url: str, answer_s: float) -> Any:
    """Return a client that waits so many seconds for an answer, and repeats nothing; raises StorageError."""
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


def check_settings(client: Any) -> None:
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
