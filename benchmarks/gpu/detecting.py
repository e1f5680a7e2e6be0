"""The networks for faces: on a core of the CPU by onnxruntime, on the GPU by torch, in batches."""

import os
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch

from benchmarks.gpu.gathering import Compute, Gathering
from benchmarks.gpu.graph import Graph
from benchmarks.gpu.networks import tf32
from benchmarks.gpu.plan import Plan, Report, seconds
from benchmarks.gpu.same_faces import Expected, by_onnxruntime, detector_with, faces_in
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

    `worth_it`: in float32, copies included, in batches that photos can fill together, the GPU computes the networks of
    more photos a second than all cores, and finds the same faces. As in `codec`, the rate of all cores is that of one,
    alone, times their number.
    """
    with TemporaryDirectory(prefix="photobatch-gpu-") as folder:
        expected = Expected(plan.portraits(), Path(folder))
        subjects = {name: _subject(name, compute, expected) for name, compute in by_onnxruntime().items()}
        gpu = {name: one.gpu for name, one in subjects.items()}
        cores = len(os.sched_getaffinity(0))
        core = {name: _per_s(plan, one.cpu, one.views) for name, one in subjects.items()}
        report: Report = {
            "cores": cores,
            "photos": len(expected.pictures),
            "faces": sum(map(len, expected.faces)),
            "views_of_a_photo": {name: round(one.a_photo, 2) for name, one in subjects.items()},
            "views_per_s_of_a_core": core,
        }
        speeds, faces = {}, {}
        for arithmetic, entered in _ARITHMETICS.items():
            with entered():
                speeds[arithmetic] = {name: _speeds(plan, one) for name, one in subjects.items()}
                faces[arithmetic] = expected.faces_apart(gpu)
                report[arithmetic] = {
                    "views_per_s": speeds[arithmetic],
                    "outputs": {name: _distances(plan, one) for name, one in subjects.items()},
                    "faces": faces[arithmetic],
                    "photos_of_other_bytes": expected.other_bytes(gpu),
                }
        report["gathered"] = _gathered(plan, subjects, expected.pictures)
    here = sum(one.a_photo / core[name] for name, one in subjects.items())
    there = {
        count: sum(one.a_photo / speeds["fp32"][name][count]["copied"] for name, one in subjects.items())
        for count in map(str, plan.views)
    }
    same = faces["fp32"]["differ"] == 0
    worth_it = same and min(there[str(count)] for count in plan.views if count <= _MOST) < here / cores
    return report | {
        "ms_of_a_photo": {"core": round(1e3 * here, 2), "gpu": {n: round(1e3 * s, 2) for n, s in there.items()}},
        "worth_it": worth_it,
        "verdict": WORTH_IT if worth_it else SLOWER if same else OTHER_FACES,
    }


def _subject(name: str, cpu: Compute, expected: Expected) -> _Subject:
    views = expected.views[name]
    [(size, _)] = Counter(view.shape for view in views).most_common(1)
    graph = Graph(name, _CUDA)
    alike = [view for view in views if view.shape == size]
    return _Subject(cpu, _on_device(graph), graph, alike, len(views) / len(expected.pictures))


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


def _gathered(plan: Plan, subjects: dict[str, _Subject], pictures: list[Pixels]) -> Report:
    """Return photos a second whose faces are found: on a core, and by several threads, which fill batches together."""
    alone = detector_with({name: one.cpu for name, one in subjects.items()})
    taken = seconds(lambda: [faces_in(alone, picture) for picture in pictures])
    report: Report = {"core": {"photos_per_s": round(len(pictures) / taken, 1)}}
    for count in plan.streams:
        finding = _Finding({name: one.gpu for name, one in subjects.items()})
        with Flights("cuda", count) as flights:
            faces = finding.all(flights, pictures)
            taken = seconds(partial(finding.all, flights, pictures))
        report[str(count)] = {
            "faces": faces,
            "photos_per_s": round(len(pictures) / taken, 1),
            "views_in_a_batch": {name: round(each.mean, 2) for name, each in finding.shared.items()},
        }
    return report


class _Finding:
    """Finds faces in several threads, each with a detector of its own, whose networks are shared."""

    def __init__(self, gpu: dict[str, Compute]) -> None:
        self.shared = {name: Gathering(compute, _MOST, _WAIT_S) for name, compute in gpu.items()}
        self._detectors: dict[JpegDevice, FaceDetector] = {}

    def all(self, flights: Flights, pictures: list[Pixels]) -> int:
        """Return the number of faces in all pictures."""
        return sum(flights.map(self._found, pictures))

    def _found(self, lane: JpegDevice, picture: Pixels) -> int:
        if lane not in self._detectors:
            self._detectors[lane] = detector_with({name: each.run for name, each in self.shared.items()})
        return len(faces_in(self._detectors[lane], picture))
