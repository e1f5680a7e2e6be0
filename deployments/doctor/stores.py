"""Checks of journal, blob store and weights."""

import asyncio
import re
from pathlib import Path

from deployments.journal_check import check_journal
from deployments.settings import Settings
from models.errors import WeightsError
from models.neural.installed import has_networks
from models.weights import KNOWN, LAMA, WeightStore
from photobatch import server_code
from photobatch.engine.finding import Finding, ok
from storage.errors import StorageError

_BETWEEN = re.compile(r"; |\. (?=[A-Z])")


def journal(settings: Settings) -> Finding:
    """Check that the journal can be kept where the settings say."""
    if not settings.redis_url:
        return _journal_file(settings)
    from storage.redis_check import check_redis  # noqa: PLC0415 - for those who have one

    try:
        untold = check_redis(settings.redis_url, writing=True)
        check_journal(settings)
    except StorageError as error:
        return Finding("redis", "wrong", *_split(error))
    if untold is not None:
        return Finding("redis", "warning", f"it answers, and {untold}", "Look where it is set up.")
    return ok("redis", "it answers, and keeps what it is told")


def _journal_file(settings: Settings) -> Finding:
    try:
        check_journal(settings)
    except StorageError as error:
        return Finding("journal", "wrong", *_split(error))
    return ok("redis", f"not used; the journal is {settings.journal_path}")


def blobs(settings: Settings) -> Finding:
    """Check that the blob store supports every operation that photobatch needs."""
    if not settings.blob_url:
        return ok("blobs", f"in the data folder, {settings.data_dir / 'blobs'}")
    from storage.store_check import check_store  # noqa: PLC0415 - for those who name one

    try:
        asyncio.run(check_store(settings.blob_url))
    except StorageError as error:
        return Finding("blobs", "wrong", *_split(error))
    return ok("blobs", f"{settings.blob_url} takes, gives and forgets what it should")


def weights(settings: Settings) -> Finding:
    """Check that the installed weights are complete."""
    store = WeightStore(settings.models_dir)
    names = store.names()
    for name in names:
        try:
            store.path(name)
        except (WeightsError, OSError):
            anew = f"photobatch models pull {name}" if name in KNOWN else f"photobatch models add {name} FILE"
            return Finding(
                "weights", "wrong", f"{name} in {store.folder} is damaged or gone", f"Put it there anew: {anew}"
            )
    networks = [name for name in names if (installed := store.find(name)) and installed.network]
    if not has_networks():
        return _without_torch(networks, store.folder)
    if LAMA not in names:
        found = f"{LAMA} is not in {store.folder}; erase copies from around what it removes"
        size = f"{KNOWN[LAMA].bytes / 1e6:.0f} MB"
        advice = (
            f"To erase what no copy can continue, such as a part of a face: photobatch models pull {LAMA} ({size})."
        )
        return Finding("weights", "warning", found, advice)
    return ok("weights", f"{', '.join(names)} in {store.folder}")


def _without_torch(networks: list[str], folder: Path) -> Finding:
    if not networks:
        return ok("weights", "none, for networks need torch; erase copies from around what it removes")
    found = f"{', '.join(networks)} in {folder}, and no torch to run networks with: photos that want one fail"
    advice = f"{server_code.how_to_install_torch()} Or take the network away: photobatch models rm {networks[0]}"
    return Finding("weights", "wrong", found, advice)


def _split(error: StorageError) -> tuple[str, str]:
    """Split a message into what is wrong and what to do."""
    found, *rest = _BETWEEN.split(str(error), maxsplit=1)
    advice = rest[0] if rest else "docs/operations.md says what is needed."
    return found, advice[:1].upper() + advice[1:]
