"""JPEG on the GPU: how fast by kind of backend and number of streams, how exact, and what it makes of damage."""

import os
from collections import Counter
from collections.abc import Callable
from typing import TypeVar

import numpy as np
import simplejpeg
import torch

from benchmarks.gpu.plan import Plan, Report, seconds
from models.codec import Limits, OutputOptions, decode, decode_in_strips
from models.codec.gpu_jpeg import GpuJpeg
from models.eager.device_jpeg import JpegDevice
from models.eager.flights import Flights
from models.errors import DeviceLostError, PhotoError
from models.neural.device import guarded
from models.picture import Coding

_KINDS = ("GPU_ONLY", "HYBRID_CPU_GPU", "HW_GPU_ONLY")
_CODING = Coding("420", 92)
_NEAR = 2.0  # codes; a mean difference below is another rounding, one above is another picture

Item = TypeVar("Item")
Made = TypeVar("Made")


def codec(plan: Plan) -> Report:
    """Return photos a second, decoded and encoded, and `worth_it`: whether the GPU decodes faster than all cores.

    The rate of all cores is not measured: it is that of one, alone, times their number: an upper bound.
    """
    files = plan.files()
    cores = len(os.sched_getaffinity(0))
    pixels = simplejpeg.decode_jpeg(files[0])
    here = {
        "decode": 1 / seconds(lambda: simplejpeg.decode_jpeg(files[0]), 3),
        "encode": 1 / seconds(lambda: simplejpeg.encode_jpeg(pixels, 92, "RGB", "420"), 3),
    }
    kinds = {kind: _kind(plan, files, kind) for kind in _KINDS}
    found = [rate for kind in kinds.values() for rate in _rates(kind.get("decode"))]
    return {
        "cores": cores,
        "photos_per_s_of_a_core": {name: round(rate, 1) for name, rate in here.items()},
        "photos_per_s": kinds,
        "best_decode": max(found, default=0.0),
        "worth_it": max(found, default=0.0) > cores * here["decode"],
    }


def _rates(found: object) -> list[float]:
    return list(found.values()) if isinstance(found, dict) else []


def _kind(plan: Plan, files: list[bytes], kind: str) -> Report:
    """Measure one kind of backend; a GPU need not have it."""
    try:
        one = GpuJpeg(torch.device("cuda"), (kind,))
        with guarded(torch.device("cuda")):
            rgb = one.decode(files[0])
            if rgb is None:
                return {"refused": True}
            apart = np.abs(rgb.cpu().numpy().astype(np.int16) - simplejpeg.decode_jpeg(files[0]))
        return {
            "difference": {"mean": round(float(apart.mean()), 3), "most": int(apart.max())},
            "decode": {count: _each(plan, count, kind, files, GpuJpeg.decode) for count in plan.streams},
            "encode": {
                count: _each(plan, count, kind, [rgb] * len(files), lambda jpeg, rgb: jpeg.encode(rgb, _CODING))
                for count in plan.streams
            },
        }
    except RuntimeError as why:
        return {"error": str(why)[:300]}


def _each(plan: Plan, count: int, kind: str, items: list[Item], work: Callable[[GpuJpeg, Item], Made]) -> float:
    """Return items a second on some streams, each with a codec of its own."""
    codecs: dict[int, GpuJpeg] = {}

    def carried_out(shared: JpegDevice, item: Item) -> None:
        if id(shared) not in codecs:
            codecs[id(shared)] = GpuJpeg(shared.device, (kind,))
        with guarded(shared.device):
            work(codecs[id(shared)], item)
            torch.cuda.current_stream().synchronize()

    many = items * plan.rounds
    with Flights("cuda", count) as flights:
        return round(len(many) / seconds(lambda: list(flights.map(carried_out, many))), 1)


def damaged(plan: Plan) -> Report:
    """Return what becomes of JPEGs with a wrong bit, a hole or a missing end, on the CPU and on the GPU."""
    shared, whole = JpegDevice("cuda"), plan.files()[0]
    seen: Counter[str] = Counter()
    for number in range(plan.damaged):
        data = _broken(whole, np.random.default_rng(number))
        try:
            seen[_outcome(shared, data)] += 1
        except DeviceLostError as lost:
            return {"outcomes": dict(seen), "lost": str(lost), "at": number}
    return {"outcomes": dict(seen)}


def _broken(whole: bytes, chance: np.random.Generator) -> bytes:
    data = bytearray(whole)
    place = int(chance.integers(2, len(data) - 2))
    match int(chance.integers(3)):
        case 0:
            data[place] ^= 1 << int(chance.integers(8))
        case 1:
            del data[place : place + int(chance.integers(1, 5000))]
            data[-2:] = b"\xff\xd9"
        case _:
            del data[place:]
    return bytes(data)


def _outcome(shared: JpegDevice, data: bytes) -> str:
    try:
        wanted = decode(data, Limits())
        here = "noted" if "damage_tolerated" in wanted.notes else "read"
    except PhotoError:
        wanted, here = None, "refused"
    try:
        picture = decode_in_strips(data, Limits(), OutputOptions(), shared.open)
    except PhotoError:
        return f"CPU {here}, GPU refused"
    if picture is None or picture.parts is None:
        return f"CPU {here}, GPU left it to the CPU"
    if wanted is None or wanted.pixels.shape != picture.pixels.shape:
        return f"CPU {here}, GPU read"
    small, expected = picture.parts.reduced(8), wanted.pixels[::8, ::8]
    apart = np.abs(small[: len(expected), : expected.shape[1]].astype(int) - expected).mean()
    return f"CPU {here}, GPU read {'the same' if apart < 8 * _NEAR else 'another picture'}"
