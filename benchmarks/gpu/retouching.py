"""Whole photos a second: workers on the CPU, workers with the GPU-first path, and several photos in one process."""

import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from pathlib import Path

from actors.messages.records import BatchSpec
from actors.worker.pixels import PixelRetoucher
from benchmarks.gpu.fake_device import FakeDevice
from benchmarks.gpu.plan import Plan, Report, seconds
from models.codec import Limits, OutputOptions, decode_in_strips, encode
from models.compiled.applier import CompiledApplier
from models.eager.device_jpeg import JpegDevice
from models.eager.flights import Flights
from models.finish import Finish
from models.texture import Grain, Vignette
from presets.catalogue import Catalogue

_PRESETS = ("filter_warm", "beauty_fresh")  # a pass over all pixels; faces, and then such a pass
_retouch: Callable[[str, bytes], int] | None = None  # of a process of the pool
_fakes: list[FakeDevice] = []  # keep it while the process lives


def retoucher(plan: Plan) -> Report:
    """Return photos a second by preset, number of processes, and where JPEGs are decoded and encoded."""
    files = plan.files()
    cores = len(os.sched_getaffinity(0))
    found: Report = {"cores": cores}
    with tempfile.TemporaryDirectory(prefix="photobatch-gpu-") as folder:
        CompiledApplier(Path(folder) / "library")  # compiled once, for all processes
        for count in plan.processes:
            for where, share in (("cpu", 0.0), ("gpu", 1 / count)):
                found[f"{where} × {count}"] = _of_processes(plan, files, count, Path(folder), share)
    return found


def _of_processes(plan: Plan, files: list[bytes], count: int, folder: Path, share: float) -> Report:
    started = time.perf_counter()
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(count, spawn, _begin, (folder, share, plan.fake is not None)) as pool:
        list(pool.map(_warm, range(count)))
        ready = time.perf_counter() - started
        rates: Report = {"ready_s": round(ready, 1)}
        for preset in _PRESETS:
            many = files * max(1, plan.rounds * count // len(files))
            list(pool.map(_one, [preset] * count, files[:1] * count))
            begun = time.perf_counter()
            list(pool.map(_one, [preset] * len(many), many))
            rates[preset] = round(len(many) / (time.perf_counter() - begun), 1)
    return rates


def _begin(folder: Path, share: float, fake: bool) -> None:
    """Make the retoucher of a process."""
    global _retouch  # noqa: PLW0603
    if fake and share:
        _fakes.append(FakeDevice().__enter__())
    limits = Limits()
    made = PixelRetoucher(folder, folder / "models", version="check", limits=limits, gpu_jpeg=share > 0, gpu=share)
    made.warm()
    jobs = {
        name: BatchSpec("check", "", asdict(Catalogue.built_in().resolve(name, None, {})), {}, thumbnails=True)
        for name in _PRESETS
    }
    _retouch = lambda preset, data: len(made.retouch(data, jobs[preset], None).data)  # noqa: E731


def _warm(_: int) -> None:
    time.sleep(0.5)  # so that each process takes one


def _one(preset: str, data: bytes) -> int:
    assert _retouch is not None  # noqa: S101
    return _retouch(preset, data)


def flights(plan: Plan) -> Report:
    """Return photos a second of one process with several streams: file, decode, vignette and grain, encode, file."""
    files = plan.files() * plan.rounds
    found = {}
    for count in plan.streams:
        with Flights("cuda", count) as several:
            found[count] = round(len(files) / seconds(lambda: list(several.map(_finished, files))), 1)
    return {"photos_per_s": found}


def _finished(shared: JpegDevice, data: bytes) -> int:
    picture = decode_in_strips(data, Limits(), OutputOptions(), shared.open)
    if picture is None or picture.parts is None:
        raise RuntimeError("the GPU refused a photo")
    height, width = picture.pixels.shape[:2]
    picture.parts.finish(Finish(None, Vignette(0.3).analyse(height, width), Grain(0.3).analyse(height, width)), 1)
    return len(encode(picture, OutputOptions()).data)
