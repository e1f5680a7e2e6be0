"""The load: batches of photos with known expected outcomes."""

import json
import threading
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import httpx

from benchmarks.faults.client import GaveUpError, PatientClient
from benchmarks.faults.host import WAYS, PhotoHost
from benchmarks.faults.photos import SmallPhotos

USERS = ("ada", "berta", "carl")
BATCHES = 8
PRESETS = ("beauty_light", "beauty_medium", "beauty_heavy", "filter_warm", "filter_cool", "color_vintage")
BAD_FILES = ("unsupported_media", "truncated", "empty_file")
_BAD_SHARE = 0.12
_SLOW_SHARE = 0.5  # share among photos from the web


@dataclass(frozen=True, slots=True)
class Item:
    """One photo of an order: its origin, and its expected error (None: success)."""

    origin: str  # file, upload, web or form
    number: int
    way: str  # of the host; "file" elsewhere
    error: str | None


@dataclass(frozen=True, slots=True)
class Order:
    """One batch before its submit; photos in the service's order, those of the form last."""

    user: str
    preset: str
    priority: int
    key: str  # Idempotency-Key
    items: tuple[Item, ...]


class Load:
    """Makes orders from a seed and submits them."""

    def __init__(self, seed: int, folder: Path, host: PhotoHost, photos: SmallPhotos) -> None:
        self._random = Random(seed)
        self._seed = seed
        self._folder = folder
        self._host = host
        self._photos = photos
        self._number = 0
        self._bad_ways: list[str] = []
        self._requests: dict[str, dict[str, Any]] = {}  # by key: a repeated submit must be identical
        self._lock = threading.Lock()
        folder.mkdir(parents=True, exist_ok=True)

    def round(self, photos: int) -> list[Order]:
        """Return the next orders, `photos` in all."""
        cuts = sorted(self._random.sample(range(10, photos - 10), BATCHES - 1)) if photos > 100 else []
        edges = [0, *(cuts or [photos * part // BATCHES for part in range(1, BATCHES)]), photos]
        return [self._order(place, last - first) for place, (first, last) in enumerate(pairwise(edges))]

    def submit(self, order: Order, client: PatientClient) -> str:
        """Submit an order repeatedly until it is accepted; the same order again repeats exactly the same request.

        Returns the task id; raises GaveUpError.
        """
        with self._lock:
            request = self._requests.get(order.key)
        if request is None:
            request = self._request(order, client)
            with self._lock:
                self._requests[order.key] = request
        answer = client.ask("POST", "/api/v1/batch/submit", headers={"Idempotency-Key": order.key}, **request)
        if answer.status_code != httpx.codes.ACCEPTED:
            raise GaveUpError(f"a submit was answered with {answer.status_code} {answer.text[:300]}")
        task_id: str = answer.json()["task_id"]
        return task_id

    def forget(self, order: Order) -> None:
        """Drop the data for a repeated submit."""
        with self._lock:
            self._requests.pop(order.key, None)

    def _order(self, place: int, count: int) -> Order:
        form = self._random.random() < 0.4
        items = [self._item(form) for _ in range(count)]
        return Order(
            user=USERS[place % len(USERS)],
            preset=self._random.choice(PRESETS),
            priority=self._random.choice((4, 5, 5, 5, 6)),
            key=f"chaos-{self._seed}-{self._number}-{place}",
            items=tuple(sorted(items, key=lambda item: item.origin == "form")),
        )

    def _item(self, form: bool) -> Item:
        self._number += 1
        origin = self._random.choice(("file", "upload", "web", "web", "form") if form else ("file", "upload", "web"))
        bad = self._random.random() < _BAD_SHARE
        if origin == "web":
            fine = ("slow", "slow", "late", "torn", "redirect") if self._random.random() < _SLOW_SHARE else ("plain",)
            way = self._bad_way() if bad else self._random.choice(fine)
            return Item(origin, self._number, way, WAYS[way])
        if origin == "upload":  # the upload itself refuses files that are not pictures
            return Item(origin, self._number, "file", "truncated" if bad else None)
        return Item(origin, self._number, "file", self._random.choice(BAD_FILES) if bad else None)

    def _bad_way(self) -> str:
        """Return ways to fail at random, each once before any repeats."""
        if not self._bad_ways:
            self._bad_ways = [way for way, error in WAYS.items() if error]
            self._random.shuffle(self._bad_ways)
        return self._bad_ways.pop()

    def _request(self, order: Order, client: PatientClient) -> dict[str, Any]:
        named = [self._source(item, client) for item in order.items if item.origin != "form"]
        files = [("files", (f"{item.number}.jpg", self._bytes(item))) for item in order.items if item.origin == "form"]
        fields: dict[str, Any] = {"user_id": order.user, "preset_id": order.preset, "priority": order.priority}
        if not files:
            return {"json": {**fields, "image_urls": named}}
        return {"data": {**fields, "image_urls": json.dumps(named)}, "files": files}

    def _source(self, item: Item, client: PatientClient) -> str:
        if item.origin == "web":
            return self._host.url(item.way, item.number)
        if item.origin == "file":
            path = self._folder / f"{item.number}.jpg"
            path.write_bytes(self._bytes(item))
            return path.as_uri()
        answer = client.ask("POST", "/api/v1/uploads", params={"name": f"{item.number}.jpg"}, content=self._bytes(item))
        if answer.status_code != httpx.codes.CREATED:
            raise GaveUpError(f"an upload was answered with {answer.status_code} {answer.text[:300]}")
        source: str = answer.json()["source"]
        return source

    def _bytes(self, item: Item) -> bytes:
        return self._photos.bad(item.error, item.number) if item.error else self._photos.jpeg(item.number)
