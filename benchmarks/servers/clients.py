"""Clients that submit a batch: to an embedded engine, or to a service over HTTP.

Measured is the time from the submit until the last result is durable and the client knows it.
"""

import json
import struct
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import httpx

from deployments.local.embedded import Engine
from deployments.local.waiting import Waiting, room
from photobatch import PhotoBatch, schemas

PATIENCE_S = 120.0


class Client(Protocol):
    """Submits a batch and waits for it."""

    def run(self, preset: str, photos: list[Path]) -> float:
        """Return the seconds that a batch takes; raises RuntimeError unless every photo succeeds."""
        ...


class EmbeddedClient:
    """Photos as `file:` sources of an engine in this process."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def run(self, preset: str, photos: list[Path]) -> float:
        """See `Client`."""
        return self.follow(preset, [photo.resolve().as_uri() for photo in photos])

    def follow(self, preset: str, sources: list[str]) -> float:
        """Return the seconds that a batch of sources takes."""
        begun = time.perf_counter()
        batch: schemas.Batch | None = None
        for message in self._engine.watch(
            self._engine.submit(schemas.SubmitRequest(preset_id=preset, image_urls=sources))
        ):
            batch = message.batch or batch
        seconds = time.perf_counter() - begun
        check(preset, batch.counts.succeeded if batch else 0, len(sources))
        return seconds

    def wait_for_workers(self, workers: int) -> None:
        """Return once this many workers are warm; raises TimeoutError."""
        deadline, waiting = time.monotonic() + PATIENCE_S, Waiting(workers)
        while (ready := self._engine.workers_ready()) < workers:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{ready} of {workers} workers were warm within {PATIENCE_S:.0f} s. {room()}")
            waiting.look(ready)
            time.sleep(0.05)


class UploadClient:
    """Photos uploaded in the form of the submit itself, the batch followed by its events.

    A running service reuses earlier results, so each run's photos differ in a comment of a few bytes.
    """

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=PATIENCE_S, trust_env=False)

    def run(self, preset: str, photos: list[Path]) -> float:
        """See `Client`. The batch is deleted afterwards, with its uploads."""
        mark = time.time_ns()
        files = [("files", (photo.name, _marked(photo.read_bytes(), mark), "image/jpeg")) for photo in photos]
        begun = time.perf_counter()
        answer = self._http.post("/api/v1/batch/submit", data={"preset_id": preset}, files=files)
        if answer.status_code != httpx.codes.ACCEPTED:
            raise RuntimeError(f"The service refused the batch: {answer.text}")
        accepted = answer.json()
        *_, last = self._batches(accepted["events_url"])
        seconds = time.perf_counter() - begun
        check(preset, last["counts"]["succeeded"], len(photos))
        self._remove(accepted["task_id"])
        return seconds

    def _remove(self, task_id: str) -> None:
        """Delete a batch and wait until its blobs are removed, so that the next run has the disk for itself."""
        deadline = time.monotonic() + PATIENCE_S
        while self._http.delete(f"/api/v1/batch/{task_id}").status_code != httpx.codes.NOT_FOUND:
            if time.monotonic() > deadline:
                raise TimeoutError("The blobs of a deleted batch are still there.")
            time.sleep(0.05)

    def _batches(self, events_url: str) -> Iterator[dict[str, dict[str, int]]]:
        with self._http.stream("GET", events_url) as events:
            for line in events.iter_lines():
                if line.startswith("data:") and (batch := json.loads(line[5:]).get("batch")):
                    yield batch

    def close(self) -> None:
        """Close its connections."""
        self._http.close()


class OverlapClient(UploadClient):
    """The same by our own client, which appends photos to the batch while it uploads others."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._client = PhotoBatch(url)

    def run(self, preset: str, photos: list[Path]) -> float:
        """See `Client`."""
        mark = time.time_ns()
        with tempfile.TemporaryDirectory(prefix="photobatch-bench-") as folder:
            files = [Path(folder, photo.name) for photo in photos]
            for photo, file in zip(photos, files, strict=True):
                file.write_bytes(_marked(photo.read_bytes(), mark))
            begun = time.perf_counter()
            batch = self._client.submit(files, preset=preset, overlap=True)
            ended = batch.wait(PATIENCE_S)
            seconds = time.perf_counter() - begun
        check(preset, ended.counts.succeeded, len(photos))
        self._remove(batch.task_id)
        return seconds

    def close(self) -> None:
        """Close its connections."""
        super().close()
        self._client.close()


def check(preset: str, succeeded: int, photos: int) -> None:
    """Raise RuntimeError unless every photo succeeded: a run with failures is no measurement."""
    if succeeded != photos:
        raise RuntimeError(f"{preset}: only {succeeded} of {photos} photos succeeded.")


def _marked(jpeg: bytes, mark: int) -> bytes:
    """Return a JPEG with a comment segment (ITU-T T.81, B.2.4.5) after its first marker."""
    text = str(mark).encode()
    return jpeg[:2] + b"\xff\xfe" + struct.pack(">H", 2 + len(text)) + text + jpeg[2:]
