"""Idempotency keys: the same key and request get the first answer, as long as the batch is kept."""

import time
from collections.abc import Iterable

from actors.batches.batch import Batch
from actors.messages.errors import BatchError

RESERVED_S = 10.0  # an ingress that died holding a key blocks it no longer than this; one that lives renews its claim


_Claim = tuple[str | None, str]  # the user of the API key, if there are keys; and the idempotency key


class IdempotencyKeys:
    """The batch of each (user, key). Batches in the journal carry their keys; nothing else is stored."""

    def __init__(self, batches: Iterable[Batch]) -> None:
        self._made: dict[tuple[str, str], Batch] = {}
        self._reserved: dict[_Claim, tuple[str, float]] = {}  # owner, and until when
        for batch in batches:
            self.made(batch)

    def reserve(self, key: str, owner: str, user: str | None) -> None:
        """Claim a key for one request while it is being read; raises BatchError `idempotency_in_progress`.

        Without API keys the user is not known yet, because only the body names it. Users then share the claims, which
        are short. The owner may claim the key again, to renew the claim or because its first answer was lost.
        """
        now = time.monotonic()
        self._reserved = {name: claim for name, claim in self._reserved.items() if claim[1] > now}
        held_by, _ = self._reserved.get((user, key), (owner, 0.0))
        if held_by != owner:
            raise BatchError(
                "idempotency_in_progress",
                "A request with this Idempotency-Key is still under way; repeat this one in a moment.",
                retry_after_s=1.0,
            )
        self._reserved[user, key] = (owner, now + RESERVED_S)

    def release(self, key: str, user: str | None) -> None:
        """Give a claimed key back."""
        self._reserved.pop((user, key), None)

    def find(self, user_id: str, key: str, digest: str | None) -> Batch | None:
        """Return the batch made with this key; raises BatchError `idempotency_mismatch` for a different request."""
        batch = self._made.get((user_id, key))
        if batch is not None and batch.spec.digest != digest:
            raise BatchError(
                "idempotency_mismatch",
                "This Idempotency-Key was used for another request; use a new key for a new batch.",
            )
        return batch

    def made(self, batch: Batch) -> None:
        """Note the batch that was made with a key; later requests with that key get this batch."""
        if batch.spec.idempotency_key:
            self._made[batch.spec.user_id, batch.spec.idempotency_key] = batch
            for user in (None, batch.spec.user_id):
                self.release(batch.spec.idempotency_key, user)

    def forget(self, batch: Batch) -> None:
        """Drop the key of a removed batch."""
        if batch.spec.idempotency_key:
            self._made.pop((batch.spec.user_id, batch.spec.idempotency_key), None)
