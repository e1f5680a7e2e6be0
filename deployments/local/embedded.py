"""photobatch on one machine: the engine behind `photobatch run`, and `photobatch serve`."""

import asyncio
import hashlib
import shutil
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, ParamSpec, Protocol, TypeVar

from deployments.local.session import new_scratch_folder
from deployments.settings import SettingsError, load_settings, prepare_ray_environment

prepare_ray_environment()  # first, because Ray reads it on import, and the following imports need Ray

# ruff: noqa: E402
import ray
from ray.exceptions import RayError

from actors import directory, launch
from actors.client import CoordinatorClient
from actors.directory import NAMESPACE
from actors.messages.errors import BatchError
from actors.messages.ids import new_id
from actors.messages.records import BatchSpec, Json, PhotoSpec
from deployments import compose
from deployments.local.able import check_able
from deployments.local.cores import usable_cores, usable_workers
from deployments.local.engine_error import EngineError
from deployments.local.local_ray import LocalRay, memory
from deployments.wire import wire
from models.errors import PhotoError
from photobatch import schemas
from presets.catalogue import Catalogue
from presets.errors import PresetError
from presets.params import check_complete
from storage.blobs import open_blobs
from storage.keys import lut_key

GREET_S = 10.0
LEAST_ROOM = 32 << 20  # bytes; with less, a coordinator that stops has run out of disk
PING_S = 0.5
GATHER_S = 0.1  # between two messages: whoever looks on sees no more
READY_POLL_S = 0.05

_Args = ParamSpec("_Args")
_Answer = TypeVar("_Answer")


class RayHere(Protocol):
    """The Ray of this process."""

    def start(self) -> None:
        """Begin to use it."""

    def stop(self) -> None:
        """End its use, and whatever was started for it."""


def _own_ray(cpus: int, scratch: Path) -> RayHere:
    return LocalRay(cpus=cpus, scratch=scratch)


class Engine:
    """Coordinator and workers on a Ray of their own, with a throw-away journal below `data_dir`.

    The blobs lie there too, so that taking a result is a rename. Colour tables stay in the machine's own cache.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        workers: int | None,
        file_roots: list[Path],
        make_ray: Callable[[int, Path], RayHere] = _own_ray,
        namespace: str = NAMESPACE,
        while_waiting: Callable[[int], None] = lambda _ready: None,
    ) -> None:
        """`make_ray` gets the number of CPUs and a folder for Ray's files, which goes when the engine is closed.

        `while_waiting` is called with the number of warm workers until there is one.
        """
        try:
            own = load_settings(redis_url=None, api_keys=None, rate_limit=None)  # these only matter to a server
        except SettingsError as error:
            raise EngineError("invalid_settings", str(error)) from None
        settings = own.model_copy(
            update={
                "data_dir": data_dir.resolve(),
                "model_dir": own.models_dir,
                "blob_url": None,
                "file_roots": tuple(str(root) for root in file_roots),
                "max_photos": 1_000_000,
                "max_workers": (most := workers or own.max_workers or usable_workers()),
            }
        )
        self._data_dir = settings.data_dir
        self._tables = own.tables_dir
        self._config = compose.throwaway_config(settings, self._tables, namespace)
        self._make_ray = make_ray
        self._blobs = open_blobs(settings.blobs)
        self._cpus = max(most, usable_cores())
        self._keys: dict[tuple[str, int, str | None], str] = {}
        self._coordinator = CoordinatorClient(self._config.namespace)
        self._while_waiting = while_waiting
        self._scratch: Path | None = None
        self._ray: RayHere | None = None
        self._closing = threading.Event()

    def __enter__(self) -> "Engine":
        """Start everything and wait for the first worker.

        Raises EngineError `cannot_compute`, and `workers_died` when no worker can start for another reason.
        """
        check_able(self._tables)
        self._scratch = new_scratch_folder()
        self._ray = self._make_ray(self._cpus, self._scratch)
        self._ray.start()
        launch.start_coordinator(self._config)
        while not (ready := self.workers_ready()):  # the first one; the others join later
            self._while_waiting(ready)
            time.sleep(READY_POLL_S)
        threading.Thread(target=self._greet, name="greet", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def submit(self, request: schemas.SubmitRequest) -> str:
        """Submit a batch of `file:` sources and return its task id; raises EngineError."""
        pinned = self._pinned(request.preset_params)
        try:
            preset = Catalogue.built_in().resolve(request.preset_id, request.preset_type, pinned)
            for params in [photo.params for photo in request.photos] + [{}] * bool(request.image_urls):
                check_complete(preset.type, {**preset.params, **params})
        except PresetError as error:
            raise EngineError(error.code, error.detail) from error
        spec = BatchSpec(
            task_id="",
            user_id=request.user_id,
            preset=wire.preset_record(preset),
            output=request.output.model_dump(),
            priority=request.priority,
            metadata=request.metadata,
            thumbnails=False,
            consistency=None if request.consistency == "none" else request.consistency_strength,
        )
        named = [*(schemas.PhotoInput(source=url) for url in request.image_urls), *request.photos]
        photos = [PhotoSpec(photo.source, wire.name_of(photo.source), photo.params or None) for photo in named]
        while True:
            spec = replace(spec, task_id=new_id("b"))  # a new id: the refused batch was withdrawn for good
            try:
                asyncio.run(self._coordinator.submit(spec, photos))
            except BatchError as error:
                if error.code != "journal_unavailable":
                    raise self._explained(error) from None
            else:
                return spec.task_id

    def _pinned(self, params: Json) -> Json:
        """Store the LUT file that the parameters name, and replace its name by its SHA-256; raises EngineError."""
        file = params.get("lut")
        if not isinstance(file, str):
            return params
        from models.colour.lut_file import read_lut  # noqa: PLC0415 - numpy, for those who bring LUTs alone

        try:
            data = Path(file).read_bytes()
            read_lut(data)
        except OSError as error:
            raise EngineError("unknown_lut", f"The LUT {file} can't be read: {error.strerror}.") from error
        except PhotoError as error:
            raise EngineError(error.code, f"{file}: {error.detail}") from error
        sha256 = hashlib.sha256(data).hexdigest()
        asyncio.run(self._blobs.put(lut_key(sha256), data))
        return params | {"lut": sha256}

    def watch(self, task_id: str) -> Iterator[schemas.ProgressMessage]:
        """Yield the batch and its changed photos, at once and after every change; the last one is `done`."""
        since = 0
        while True:
            update = self._ask(
                self._coordinator.watch, task_id, since, PING_S, timings=True, gather_s=GATHER_S if since else 0.0
            )
            if update is None:
                if hold := self._ask(self._coordinator.stats)["hold"]:
                    raise EngineError("storage_full", f"Stopped: {hold}.")
                yield schemas.ProgressMessage(type="ping")
                continue
            batch = wire.batch(update["batch"])
            photos = update["photos"] if since else self._all_photos(task_id)
            since = batch.version
            for photo in photos:
                for variant, found in _stored(photo):
                    self._keys[task_id, photo["index"], variant] = found["key"]
            kind = "done" if update["ended"] else "progress"
            told = [wire.photo(task_id, photo) for photo in photos]
            yield schemas.ProgressMessage(type=kind, version=since, batch=batch, photos=told)
            if update["ended"]:
                return

    def take(self, task_id: str, index: int, destination: Path, variant: str | None = None) -> None:
        """Move a finished result, or a variant of it, to its place, replacing an existing file.

        Raises EngineError `not_ready`.
        """
        key = self._keys.get((task_id, index, variant))
        source = self._blobs.local_path(key) if key else None
        if source is None:
            raise EngineError("not_ready", f"Photo {index} has no result to take.")
        destination.parent.mkdir(parents=True, exist_ok=True)
        if source.stat().st_dev == destination.parent.stat().st_dev:
            source.replace(destination)
            return
        half = destination.with_name(f".{destination.name}.part")  # the move may copy: never half a result
        shutil.move(source, half)
        half.replace(destination)

    def cancel(self, task_id: str) -> None:
        """Cancel a batch; finished results stay."""
        self._ask(self._coordinator.control, task_id, "cancel")

    def workers_ready(self) -> int:
        """Return how many workers are warm."""
        stats = self._ask(self._coordinator.greet)
        if stats["sick"]:
            raise EngineError("workers_died", "The workers end as soon as they start; the log files of Ray say why.")
        return int(stats["workers"]["ready"] + stats["workers"]["busy"])

    def memory(self) -> int:
        """Return the memory of this process and its descendants, in bytes (PSS)."""
        return memory()

    def close(self) -> None:
        """End every process that was started. Idempotent."""
        if self._scratch is None or self._closing.is_set():
            return
        self._closing.set()
        if self._ray is not None:
            if ray.is_initialized():
                launch.close_coordinator(self._config.namespace)
            self._ray.stop()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _all_photos(self, task_id: str) -> list[Json]:
        photos: list[Json] = self._ask(self._coordinator.photos, task_id, None, 1_000_000, None)["items"]
        return photos

    def _ask(
        self, call: Callable[_Args, Coroutine[Any, Any, _Answer]], *args: _Args.args, **kwargs: _Args.kwargs
    ) -> _Answer:
        while True:
            try:
                return asyncio.run(call(*args, **kwargs))
            except BatchError as error:
                if error.code != "journal_unavailable":  # that answer takes seconds; ask again
                    raise self._explained(error) from None

    def _explained(self, error: BatchError) -> EngineError:
        if error.code == "unavailable" and shutil.disk_usage(self._data_dir).free < LEAST_ROOM:
            detail = f"There is no room left in {self._data_dir.parent}; make room, then run with --skip-existing."
            return EngineError("storage_full", detail)
        return EngineError(error.code, error.detail)

    def _greet(self) -> None:
        while not self._closing.wait(GREET_S):
            with suppress(RayError, ValueError):  # it is being restarted
                # By its handle, and nobody waits for the answer: this thread must not outlive the engine.
                directory.find_coordinator(self._config.namespace).greet.remote()


def _stored(photo: Json) -> Iterator[tuple[str | None, Json]]:
    """Yield the record of a photo's result, under None, and those of its variants."""
    if result := photo["result"]:
        yield None, result
        yield from result["also"].items()
