"""Batch and upload ids: URL-safe, unguessable, sorted by time."""

import secrets
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u; sorts like the number


def _base32(number: int, digits: int) -> str:
    return "".join(_ALPHABET[(number >> (5 * place)) & 31] for place in reversed(range(digits)))


def new_id(prefix: str) -> str:
    """Return `prefix`, 10 digits of the time in milliseconds and 100 random bits."""
    return f"{prefix}{_base32(time.time_ns() // 1_000_000, 10)}{_base32(secrets.randbits(100), 20)}"
