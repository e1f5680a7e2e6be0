"""API keys and their users. Only hashes of keys are kept.

A key has 32 random characters or more, so no dictionary attack is possible. One round of SHA-256 therefore hides it as
well as a slow hash would, and costs each request a microsecond instead of 100 ms.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Self

SHORTEST, LONGEST = 32, 256
LONGEST_USER = 128
_KEY = re.compile(r"[A-Za-z0-9._~-]+")  # characters allowed in headers and WebSocket subprotocols
_HASHED = re.compile(r"sha256=([0-9a-fA-F]{64})")


class ApiKeys:
    """The users of a service by the SHA-256 of their keys; one user may have several keys."""

    def __init__(self, users: Mapping[bytes, str]) -> None:
        self._users = dict(users)

    def __repr__(self) -> str:
        return f"<{len(self._users)} API keys>"

    @classmethod
    def read(cls, given: str) -> Self:
        """Read `key:user,key:user`, or a file of such lines; raises ValueError, whose message contains no key."""
        given = given.strip()
        is_file = given.startswith(("/", "~", ".")) or ":" not in given
        lines = _file(given) if is_file else given.split(",")
        users: dict[bytes, str] = {}
        for digest, user, where in _entries(lines, "line" if is_file else "entry"):
            if digest in users:
                raise ValueError(f"{where} repeats the key of an earlier one")
            users[digest] = user
        if not users:
            raise ValueError("there is no key in it; unset it to let everybody in")
        return cls(users)

    def user_of(self, key: str) -> str | None:
        """Return the user of a key. The look-up is by hash, so its duration reveals nothing about keys."""
        return self._users.get(_digest(key))


def _file(name: str) -> list[str]:
    try:
        return Path(name).expanduser().read_text("utf-8").splitlines()
    except (OSError, ValueError, RuntimeError):  # the message leaves the name out: it may be a key
        raise ValueError("this is neither a list of key:user nor a file that can be read") from None


def _entries(lines: list[str], what: str) -> Iterator[tuple[bytes, str, str]]:
    """Yield digest, user and a name for each entry that is not empty or a comment."""
    for number, line in enumerate(lines, 1):
        entry = line.strip()
        if not entry or entry.startswith("#"):
            continue
        key, colon, user = (part.strip() for part in entry.partition(":"))
        where = f"{what} {number}"
        if not (colon and 1 <= len(user) <= LONGEST_USER and user.isprintable()):
            raise ValueError(f"{where} is not key:user (a user has 1 to {LONGEST_USER} characters)")
        hashed = _HASHED.fullmatch(key)
        yield (bytes.fromhex(hashed[1]) if hashed else _digest(_checked(key, where))), user, where


def _checked(key: str, where: str) -> str:
    if not _KEY.fullmatch(key):
        raise ValueError(f"the key of {where} has other characters than letters, digits and - . _ ~, or none")
    if len(key) < SHORTEST:
        raise ValueError(f"the key of {where} is shorter than {SHORTEST} characters: openssl rand -hex 32 makes one")
    if len(key) > LONGEST:
        raise ValueError(f"the key of {where} is longer than {LONGEST} characters")
    return key


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()
