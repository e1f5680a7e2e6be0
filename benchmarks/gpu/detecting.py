"""The networks for faces: on a core of the CPU by onnxruntime, on the GPU by torch, in batches."""

import os
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial

import numpy as np
import simplejpeg
import torch

from benchmarks.gpu.gathering import Compute, Gathering
from benchmarks.gpu.graph import Graph
from benchmarks.gpu.networks import tf32
from benchmarks.gpu.plan import Plan, Report, seconds
from benchmarks.gpu.same_faces import NETWORKS, apart, by_onnxruntime, detector_with, faces_in, other_bytes
from models.eager.device_jpeg import JpegDevice
from models.eager.flights import Flights
from models.faces.detector import FaceDetector
from models.faces.faces import Float
from models.neural.device import guarded
from models.neural.staging import Staging
from models.picture import Pixels

_CUDA = torch.device("cuda", 0)
_ARITHMETICS: dict[str, Callable[[], AbstractContextManager[None]]] = {"fp32": nullcontext, "tf32": tf32}
_MOST, _WAIT_S = 16, 0.002  # views in a batch that photos fill together; how long the first one waits

OTHER_FACES = "in float32 the GPU finds other faces than the CPU: detection stays on the CPU, whatever the speed"
SLOWER = "the GPU computes the networks for faces more slowly than the CPU's cores do: detection stays on the CPU"
WORTH_IT = "the GPU finds the same faces, faster than all cores: docs/decisions.md says what a worker needs to let it"


@dataclass(frozen=True, slots=True)
class _Subject:
    """A network on both sides, and views of one size to compare them with."""

    cpu: Compute
    gpu: Compute
    graph: Graph  # of `gpu`
    views: list[Float]
    a_photo: float  # views, of any size


def detector(plan: Plan) -> Report:
    """Return views a second, the faces that differ, photos a second with shared batches, and a verdict.

    `worth_it`: in float32, copies included, the GPU computes the networks of more photos a second than all cores, and
    finds the same faces. As in `codec`, the rate of all cores is that of one, alone, times their number.
    """
    files, cores = plan.portraits(), len(os.sched_getaffinity(0))
    pictures = [simplejpeg.decode_jpeg(file, "RGBA") for file in files]
    cpu = by_onnxruntime()
    notes: dict[str, list[Float]] = {name: [] for name in NETWORKS}
    noting = detector_with({name: _noted(cpu[name], notes[name]) for name in NETWORKS})
    expected = [faces_in(noting, picture) for picture in pictures]
    subjects = {name: _subject(name, cpu[name], notes[name], len(pictures)) for name in NETWORKS}
    gpu = {name: one.gpu for name, one in subjects.items()}
    core = {name: _per_s(plan, one.cpu, one.views[:1]) for name, one in subjects.items()}
    report: Report = {
        "cores": cores,
        "photos": len(pictures),
        "faces": sum(map(len, expected)),
        "views_of_a_photo": {name: round(one.a_photo, 2) for name, one in subjects.items()},
        "views_per_s_of_a_core": core,
    }
    speeds, faces = {}, {}
    for arithmetic, entered in _ARITHMETICS.items():
        with entered():
            speeds[arithmetic] = {name: _speeds(plan, one) for name, one in subjects.items()}
            faces[arithmetic] = apart(expected, [faces_in(detector_with(gpu), picture) for picture in pictures])
            report[arithmetic] = {
                "views_per_s": speeds[arithmetic],
                "outputs": {name: _distances(plan, one) for name, one in subjects.items()},
                "faces": faces[arithmetic],
                "photos_of_other_bytes": other_bytes(files, detector_with(gpu)),
            }
    report["gathered"] = _gathered(plan, gpu, pictures)
    here = sum(one.a_photo / core[name] for name, one in subjects.items())
    there = {
        count: sum(one.a_photo / speeds["fp32"][name][count]["copied"] for name, one in subjects.items())
        for count in map(str, plan.views)
    }
    same = faces["fp32"]["differ"] == 0
    worth_it = same and min(there.values()) < here / cores
    report["ms_of_a_photo"] = {"core": round(1e3 * here, 2), "gpu": {n: round(1e3 * s, 2) for n, s in there.items()}}
    report["worth_it"] = worth_it
    report["verdict"] = WORTH_IT if worth_it else SLOWER if same else OTHER_FACES
    return report


def _noted(compute: Compute, notes: list[Float]) -> Compute:
    def noted(view: Float) -> list[Float]:
        notes.append(view)
        return compute(view)

    return noted


def _subject(name: str, cpu: Compute, views: list[Float], photos: int) -> _Subject:
    [(size, _)] = Counter(view.shape for view in views).most_common(1)
    graph = Graph(name, _CUDA)
    alike = [view for view in views if view.shape == size]
    return _Subject(cpu, _on_device(graph), graph, alike, len(views) / photos)


def _on_device(graph: Graph) -> Compute:
    """Return what computes views of the host's memory: up, through the network, and down. For a thread at a time."""
    staging = Staging(_CUDA)

    def compute(views: Float) -> list[Float]:
        with guarded(_CUDA):
            return [output.cpu().numpy() for output in graph(staging.up(views))]

    return compute


def _batch(views: list[Float], count: int) -> Float:
    return np.concatenate([views[index % len(views)] for index in range(count)])


def _per_s(plan: Plan, compute: Callable[[Float], object], views: list[Float], count: int = 1) -> float:
    batch = _batch(views, count)
    return round(count / seconds(lambda: compute(batch), 1 if plan.fake else 10), 1)


def _speeds(plan: Plan, one: _Subject) -> dict[str, dict[str, float]]:
    """Return views a second by the size of a batch: views that are there already, and views that are copied."""

    def resident(count: int) -> float:
        there = torch.from_numpy(_batch(one.views, count)).to(_CUDA)

        def compute(_: Float) -> None:
            with guarded(_CUDA):
                one.graph(there)
                torch.cuda.synchronize()

        return _per_s(plan, compute, one.views, count)

    return {
        str(count): {"resident": resident(count), "copied": _per_s(plan, one.gpu, one.views, count)}
        for count in plan.views
    }


def _distances(plan: Plan, one: _Subject) -> dict[str, float]:
    """Return how far outputs on the GPU are, at most, from other ones of the same view.

    `cpu`: of onnxruntime. `batch`: in a batch of another size. `company`: in a batch of that size, at another place.
    """
    views = one.views[: plan.views[-1]]
    alone = [one.gpu(view) for view in views]
    places = range(len(views))
    batch = one.gpu(np.concatenate(views))
    turned = one.gpu(np.concatenate(views[::-1]))
    return {
        "cpu": max(_most(one.cpu(view), here) for view, here in zip(views, alone, strict=True)),
        "batch": max(_most([output[n : n + 1] for output in batch], alone[n]) for n in places),
        "company": _most(batch, [output[::-1] for output in turned]),
    }


def _most(some: list[Float], others: list[Float]) -> float:
    return max(float(np.abs(one - other).max()) for one, other in zip(some, others, strict=True))


def _gathered(plan: Plan, gpu: dict[str, Compute], pictures: list[Pixels]) -> Report:
    """Return photos a second whose faces are found by several threads, which fill batches together."""
    report: Report = {}
    for count in plan.streams:
        shared = {name: Gathering(compute, _MOST, _WAIT_S) for name, compute in gpu.items()}
        with Flights("cuda", count) as flights:
            taken = seconds(partial(_all_found, flights, shared, pictures))
        report[str(count)] = {
            "photos_per_s": round(len(pictures) / taken, 1),
            "views_in_a_batch": {name: round(each.mean, 2) for name, each in shared.items()},
        }
    return report


def _all_found(flights: Flights, shared: dict[str, Gathering], pictures: list[Pixels]) -> list[int]:
    """Return the number of faces by picture; each thread has a detector of its own."""
    detectors: dict[JpegDevice, FaceDetector] = {}

    def found(lane: JpegDevice, picture: Pixels) -> int:
        if lane not in detectors:
            detectors[lane] = detector_with({name: each.run for name, each in shared.items()})
        return len(faces_in(detectors[lane], picture))

    return list(flights.map(found, pictures))
