"""Lets the photos of ended batches leave memory."""

import asyncio
import logging
import time

from actors.batches.ledger import Ledger

log = logging.getLogger(__name__)

ROUND_S = 1.0


async def put_away_ended(ledger: Ledger, recent_s: float) -> None:
    """Put away, for ever, the photos of batches that ended more than `recent_s` seconds ago."""
    while True:
        try:
            await ledger.put_away(time.time() - recent_s)
        except Exception:  # they stay in memory a little longer
            log.exception("photos of ended batches stay in memory")
        await asyncio.sleep(ROUND_S)
