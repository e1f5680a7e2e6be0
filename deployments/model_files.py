"""Installs weights from the network, or from a folder with the files."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import httpx

from models.errors import WeightsError
from models.neural.installed import require_networks
from models.weights import KNOWN, Installed, Weights, WeightStore

_TIMEOUT_S = 30.0  # without any data
_PIECE = 1 << 20

Progress = Callable[[int, int], None]
"""Called with the received and the total number of bytes."""


def pull(
    store: WeightStore,
    weights: Weights,
    *,
    bundle: Path | str | None = None,
    progress: Progress = lambda _here, _all: None,
) -> Installed:
    """Fetch weights and put them in place; correct existing files are kept.

    A download that broke off goes on where it ended. `bundle` is a folder with the file instead, or the address of one
    in a bucket (s3://, gs://, az://). Raises WeightsError `download_failed`, `model_damaged`, `model_missing` (no such
    file in the bundle), `torch_missing`, OSError.
    """
    with suppress(WeightsError):
        store.path(weights.name)
        installed = store.find(weights.name)
        if installed and installed.source_sha256 == weights.sha256:
            return installed
    if weights.kind == "network":
        require_networks(weights.name)  # before its hundreds of MB come
    in_bucket = isinstance(bundle, str) and "://" in bundle
    if bundle is not None and not in_bucket:
        return store.install(weights, _in_bundle(Path(bundle), weights))
    part = store.partial(weights)
    try:
        if in_bucket:
            part.write_bytes(_in_bucket(str(bundle), weights))
        else:
            _download(weights, part, progress)
    except httpx.HTTPError as error:
        detail = f"{weights.name} could not be fetched from {weights.address}: {error}. Run the same command to go on."
        raise WeightsError("download_failed", detail) from error
    try:
        return store.install(weights, part)
    finally:
        part.unlink()  # in place, or damaged: then the next download must start over


def _in_bundle(bundle: Path, weights: Weights) -> Path:
    file = bundle / weights.name
    if not file.is_file():
        raise WeightsError("model_missing", f"There is no {weights.name} in {bundle}: put it there, under that name.")
    return file


def _in_bucket(folder: str, weights: Weights) -> bytes:
    """Return the file, as the environment's credentials may read it; raises WeightsError."""
    from storage.errors import (  # noqa: PLC0415
        BlobNotFoundError,
        DeniedError,
        InvalidKeyError,
        StorageError,
        TooLargeError,
    )
    from storage.objects import Objects, Place  # noqa: PLC0415 - obstore, for those who have a bucket alone

    try:
        place = Place.parse(f"{folder.rstrip('/')}/{weights.name}")
        return asyncio.run(Objects().read(place, weights.bytes))
    except (BlobNotFoundError, DeniedError, InvalidKeyError) as error:
        raise WeightsError("model_missing", f"{folder} has no {weights.name} for us: {error}") from error
    except TooLargeError as error:
        detail = f"{folder} has a {weights.name} of more than {weights.bytes:,} bytes: it is another file."
        raise WeightsError("model_damaged", detail) from error
    except StorageError as error:
        raise WeightsError("download_failed", f"{weights.name} could not be fetched: {error}") from error


def _download(weights: Weights, part: Path, progress: Progress) -> None:
    """Complete `part`; a server without ranges sends everything again. Raises httpx.HTTPError, WeightsError."""
    here = part.stat().st_size if part.exists() else 0
    if here >= weights.bytes:
        return
    headers = {"Range": f"bytes={here}-"} if here else {}
    with httpx.stream("GET", weights.address, headers=headers, follow_redirects=True, timeout=_TIMEOUT_S) as answer:
        answer.raise_for_status()
        here = here if answer.status_code == httpx.codes.PARTIAL_CONTENT else 0
        with part.open("r+b" if here else "wb") as file:
            file.seek(here)
            for piece in answer.iter_raw(_PIECE):
                here += len(piece)
                if here > weights.bytes:
                    detail = f"{weights.address} sends more than the {weights.bytes:,} bytes of {weights.name}."
                    raise WeightsError("model_damaged", detail)
                file.write(piece)
                progress(here, weights.bytes)


class ModelFiles:
    """The operations of `photobatch models`. All of them raise `error` (`detail` says what to do) or OSError."""

    error = WeightsError

    def __init__(self, folder: Path) -> None:
        self._store = WeightStore(folder)

    def known(self) -> list[str]:
        """Return the names that `pull` knows."""
        return list(KNOWN)

    def here(self) -> list[str]:
        """Return the names of installed weights."""
        return self._store.names()

    def rows(self) -> list[dict[str, Any]]:
        """Return known and installed weights, one row each."""
        here = self.here()
        rows: list[dict[str, Any]] = [asdict(weights) | {"here": name in here} for name, weights in KNOWN.items()]
        for name in here:
            if name not in KNOWN:
                rows.append({"name": name, "bytes": None, "licence": "", "purpose": "added here", "here": True})
        return rows

    def pull(self, name: str, bundle: str | None, progress: Progress) -> dict[str, Any]:
        """Fetch weights and put them in place."""
        if name not in KNOWN:
            raise WeightsError("model_missing", f"{name} is unknown; there are {', '.join(KNOWN)}.")
        return asdict(pull(self._store, KNOWN[name], bundle=bundle, progress=progress))

    def verify(self, name: str) -> None:
        """Check a file against its SHA-256."""
        self._store.path(name)

    def add(self, name: str, file: Path) -> dict[str, Any]:
        """Install a user's own network."""
        return asdict(self._store.add(name, file))

    def remove(self, name: str) -> None:
        """Remove weights."""
        self._store.remove(name)
