"""Shares: links that let anybody who has them see the results of a batch. Kept as events of the batch."""

import hashlib
import secrets
import time

from actors.batches.events import Shared, Unshared
from actors.batches.ledger import Ledger
from actors.messages.errors import BatchError
from actors.messages.records import Json, Share

MOST = 100  # of one batch
LONGEST_S = 365 * 86_400.0


class Shares:
    """Makes, finds and revokes links. The journal holds only the digest of a link's key, which gives no access."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def make(
        self, task_id: str, expires_in_s: float, title: str | None, sender: str | None, *, originals: bool
    ) -> Json:
        """Return a new share's `id`, its `key` (never shown again) and when it ends; raises BatchError."""
        batch = self._ledger.get(task_id)
        now = time.time()
        gone = [known for known, share in batch.shares.items() if share.until <= now]
        if len(batch.shares) - len(gone) >= MOST:
            raise BatchError("too_many_shares", f"This batch has {MOST} links already; revoke one that is not needed.")
        for known in gone:
            self._ledger.record(batch, Unshared(known))
        key = secrets.token_urlsafe(16)
        until = now + min(expires_in_s, LONGEST_S)
        self._ledger.record(batch, Shared(_id(key), until, title, sender, originals))
        return {"id": _id(key), "key": key, "expires_at": until}

    def list(self, task_id: str) -> dict[str, Share]:
        """Return the shares that are valid, by id."""
        now = time.time()
        return {known: share for known, share in self._ledger.get(task_id).shares.items() if share.until > now}

    def check(self, task_id: str, key: str) -> Share:
        """Return the share of this key; raises BatchError `not_found` if there is none (any more)."""
        batch = self._ledger.batches.get(task_id)
        share = batch.shares.get(_id(key)) if batch else None
        if share is None or share.until <= time.time():
            raise BatchError("not_found", "This link is not valid (any more); ask whoever gave it to you for another.")
        return share

    def revoke(self, task_id: str, share_id: str) -> None:
        """End a share; succeeds if there is none."""
        batch = self._ledger.get(task_id)
        if share_id in batch.shares:
            self._ledger.record(batch, Unshared(share_id))


def _id(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:32]
