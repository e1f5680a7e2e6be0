"""Whether a detector whose networks run elsewhere finds the same faces, and makes the same bytes of a photo."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial
from operator import ne
from pathlib import Path

import numpy as np
import simplejpeg

from actors.messages.records import BatchSpec
from actors.worker.pixels import PixelRetoucher
from benchmarks.gpu.gathering import Compute
from models.codec import Limits
from models.faces.detector import FaceDetector
from models.faces.faces import Face, Float, Outlines
from models.faces.mesh import drawn
from models.faces.networks import Network
from models.picture import Pixels
from presets.catalogue import Catalogue

NETWORKS = ("yunet", "centerface", "face_landmark")  # as their files are called, in the order of `_networks_of`
_SAME = 0.5  # part of the union of two boxes
_PRESET = "beauty_fresh"


@dataclass(frozen=True, slots=True)
class _Session:
    """What a network asks of onnxruntime, computed elsewhere."""

    compute: Compute

    def run(self, outputs: list[str], given: dict[str, Float]) -> list[Float]:
        """Return all outputs, in the order of the file, which is the order that networks ask for."""
        [view] = given.values()
        return self.compute(view)


def _networks_of(detector: FaceDetector) -> tuple[Network, Network, Network]:
    return detector._quick, detector._sure, detector.mesh


def by_onnxruntime() -> dict[str, Compute]:
    """Return the networks as workers compute them."""

    def compute(network: Network, view: Float) -> list[Float]:
        outputs: list[Float] = network._session.run(network._outputs, {network._input: view})
        return outputs

    return {
        name: partial(compute, network) for name, network in zip(NETWORKS, _networks_of(FaceDetector()), strict=True)
    }


def detector_with(computes: Mapping[str, Compute]) -> FaceDetector:
    """Return the detector of workers, with its networks computed by these."""
    detector = FaceDetector()
    for name, network in zip(NETWORKS, _networks_of(detector), strict=True):
        network._session = _Session(computes[name])
    return detector


def faces_in(detector: FaceDetector, picture: Pixels) -> list[Face]:
    """Return the faces in uint8 (H, W, 4), with their outlines."""
    rgb = np.ascontiguousarray(picture[..., :3])
    return [drawn(detector.mesh, rgb, face) for face in detector.detect(picture)]


class Expected:
    """Photos, and what workers find in them and make of them."""

    def __init__(self, files: list[bytes], folder: Path) -> None:
        """`folder` keeps what is compiled."""
        self.pictures = [simplejpeg.decode_jpeg(file, "RGBA") for file in files]
        self.views: dict[str, list[Float]] = {name: [] for name in NETWORKS}  # that the networks saw
        self._files, self._folder = files, folder
        cpu = by_onnxruntime()
        noting = detector_with({name: _noted(cpu[name], self.views[name]) for name in NETWORKS})
        self.faces = [faces_in(noting, picture) for picture in self.pictures]
        self._retouched = self._retouched_with(cpu)

    def faces_apart(self, computes: Mapping[str, Compute]) -> dict[str, float]:
        """Return how many faces only one side has or draws in another way, and the most pixels between the others."""
        detector = detector_with(computes)
        return apart(self.faces, [faces_in(detector, picture) for picture in self.pictures])

    def other_bytes(self, computes: Mapping[str, Compute]) -> int:
        """Return how many photos become other bytes."""
        return sum(map(ne, self._retouched, self._retouched_with(computes)))

    def _retouched_with(self, computes: Mapping[str, Compute]) -> list[bytes]:
        job = BatchSpec("check", "", asdict(Catalogue.built_in().resolve(_PRESET, None, {})), {})
        worker = PixelRetoucher(self._folder, self._folder, version="check", limits=Limits(), gpu=0.0)
        worker._faces = detector_with(computes)
        return [worker.retouch(file, job, None).data for file in self._files]


def _noted(compute: Compute, notes: list[Float]) -> Compute:
    def noted(view: Float) -> list[Float]:
        notes.append(view)
        return compute(view)

    return noted


def apart(here: list[list[Face]], there: list[list[Face]]) -> dict[str, float]:
    """As `Expected.faces_apart` has it, by photo."""
    differ, boxes, outlines = 0, [0.0], [0.0]
    for ours, theirs in zip(here, there, strict=True):
        left = theirs
        for face in ours:
            same = max(left, key=face.overlap, default=None)
            if same is None or face.overlap(same) < _SAME:
                differ += 1
                continue
            left = [other for other in left if other is not same]
            boxes.append(float(np.abs(np.subtract(face.box, same.box)).max()))
            if (shift := _shift(face.drawn, same.drawn)) is None:
                differ += 1
            else:
                outlines.append(shift)
        differ += len(left)
    return {"differ": differ, "most_px_of_a_box": max(boxes), "most_px_of_an_outline": max(outlines)}


def _shift(some: Outlines, others: Outlines) -> float | None:
    """Return the largest distance along an axis; None if only one is guessed, or has an ear."""
    ours, theirs = _polygons(some), _polygons(others)
    if [len(one) for one in ours] != [len(one) for one in theirs]:
        return None
    return max(float(np.abs(one - other).max()) for one, other in zip(ours, theirs, strict=True))


def _polygons(outlines: Outlines) -> list[Float]:
    return [outlines.oval, *outlines.eyes, *outlines.brows, outlines.lips, *outlines.ears]
