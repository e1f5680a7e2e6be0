"""Batch and upload ids: URL-safe, unguessable, sorted by time."""

import secrets
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u; sorts like the number


def _base32(number: int, digits: int) -> str:
    return "".join(_ALPHABET[(number >> (5 * place)) & 31] for place in reversed(range(digits)))


def new_id(prefix: str, now: float | None = None) -> str:
    """Return `prefix`, 10 digits of the time in milliseconds (`now`: unix seconds) and 100 random bits."""
    now = time.time() if now is None else now
    return f"{prefix}{_base32(int(now * 1000), 10)}{_base32(secrets.randbits(100), 20)}"


def made_at(new: str, prefix: str) -> float | None:
    """Return the unix time at which `new_id` made an id; None if it is no id with this prefix."""
    digits = new.removeprefix(prefix)
    if len(digits) != 30 or digits == new or not set(digits) <= set(_ALPHABET):
        return None
    number = 0
    for digit in digits[:10]:
        number = number * 32 + _ALPHABET.index(digit)
    return number / 1000
