"""The retoucher: a photo's bytes in, the retouched photo's bytes out. One per worker, on its compute thread."""

import hashlib
import json
import logging
import time
from collections import OrderedDict
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import simplejpeg

from actors.memory import return_memory
from actors.messages.records import BatchSpec, Json, Preview
from actors.worker.attachments import Attached
from actors.worker.outputs import Also, mark_of
from actors.worker.retoucher import NOTHING, Retouched
from actors.worker.work import Lap
from models.applier import applier_for
from models.codec import OutputOptions, Workspace, decode, decode_in_places, decode_in_strips, encode, thumbnail
from models.codec.header import Limits
from models.codec.raw.kinds import is_installed, library_name
from models.colour.cache import TableCache
from models.colour.lut import Lut
from models.colour.lut_file import read_lut
from models.compiled.jpeg import partial as jpeg_in_places
from models.compiled.strips import strips as jpeg_in_strips
from models.erase.filling import Filling, alone
from models.errors import DeviceUnusableError, PhotoError
from models.faces.detector import FaceDetector
from models.faces.faces import detection_step
from models.gpu_photos import jpeg_opener_for
from models.inpainter import inpainter_for
from models.mark import Mark
from models.networks import Networks
from models.neural.installed import HOW, has_torch
from models.picture import DoubtError, Picture, Pixels
from models.shoot import analyse
from models.weights import WeightStore
from presets.catalogue import Catalogue, ResolvedPreset, resolve
from presets.erasing import scaled
from presets.pipeline import Pipeline, compile_pipeline, shrink

log = logging.getLogger(__name__)

PREVIEW_QUALITY = 85
_OPTIONS = (
    "format",
    "quality",
    "subsampling",
    "metadata",
    "hdr",
    "raw",
    "creator",
    "copyright",
)  # those of OutputOptions
LUTS = 4  # cached; the largest has 26 MB
SIDE_BY_SIDE = 8  # photos; as many squares go through a network at once
PIPELINES = 32  # cached compiled pipelines: photos of a few batches take turns


class PixelRetoucher:
    """decode → pipeline → encode.

    Networks run on the GPU that Ray granted this worker, if it has one; everything else on the CPU, because the copies
    to a GPU and back take longer. torch is imported only if it computes.
    """

    def __init__(
        self,
        tables: Path,
        models: Path,
        *,
        version: str,
        limits: Limits,
        gpu_jpeg: bool = False,
        gpu: float | None = None,
    ) -> None:
        """`gpu_jpeg`: keep JPEGs on the GPU, if there is one, from decoding to encoding.

        `gpu`: the granted part of one; None: ask Ray. Raises DeviceUnusableError.
        """

        # One thread per library: the workers are the parallelism, and must not compete for the cores.
        cv2.setNumThreads(1)
        gpu = _granted_gpu() if gpu is None else gpu
        if gpu:
            _check_usable(gpu)
        self._applier = applier_for(tables / "library", gpu=gpu)
        self._limits = limits
        self._workspaces = [Workspace()]  # the free ones
        self._open_parts = jpeg_in_places.opener(tables / "library", detection_step)
        self._open_strips = jpeg_in_strips.opener(tables / "library")
        self._open_on_gpu, codec = jpeg_opener_for(gpu) if gpu_jpeg else (None, "")
        self._tables = TableCache(tables)
        self._faces = FaceDetector()
        self._networks = Networks(WeightStore(models), inpainter_for(tables / "library"), gpu=gpu)
        self._pipelines: OrderedDict[str, Pipeline] = OrderedDict()
        self._luts: OrderedDict[str, Lut] = OrderedDict()
        models_here = f"{self._faces.engine}, erase {self._networks.engine}"
        codec += ", jpeg in places" if self._open_parts else ""
        codec += f", {library_name()}" if is_installed() else ""
        self.engine = f"{_engine(version, self._applier.engine)}{codec}, {models_here}"

    def warm(self) -> None:
        """Send one picture through codec, detector and beauty.

        A small one: the detector keeps memory by the size of the largest picture, 70 MB for a photo. Filters need none.
        """

        grey = np.full((64, 96, 3), 127, np.uint8)
        preset = Catalogue.built_in().resolve("beauty_light", None, {})
        job = BatchSpec("warm-up", "", asdict(preset), {})
        self.retouch(simplejpeg.encode_jpeg(grey, 92), job, None)
        self._networks.warm()
        return_memory()

    def stale(self) -> bool:
        """Whether the weights have changed: a new worker will load the new ones."""
        return self._networks.stale()

    @property
    def side_by_side(self) -> int:
        """Several if a network fills holes on a GPU. On a CPU four squares in one call take four times as long."""
        return SIDE_BY_SIDE if self._networks.on_gpu else 1

    def retouch(self, data: bytes, job: BatchSpec, params: Json | None, attached: Attached = NOTHING) -> Retouched:
        """Return the retouched photo; raises PhotoError, DeviceLostError."""
        return alone(self.begin(data, job, params, attached))

    def begin(
        self, data: bytes, job: BatchSpec, params: Json | None, attached: Attached = NOTHING
    ) -> Filling[Retouched]:
        """Make the retouched photo; raises PhotoError, DeviceLostError."""
        workspace = self._workspaces.pop() if self._workspaces else Workspace()
        try:
            return (yield from self._retouch(data, job, params, attached, workspace))
        finally:
            workspace.trim()  # do not keep the memory of one huge photo
            self._workspaces.append(workspace)

    def light(self, data: bytes) -> Json:
        """See `Retoucher`."""
        return analyse(data, self._limits).to_json()

    def preview(self, data: bytes, presets: list[Json], attached: list[Attached], max_side: int) -> list[Preview]:
        """Return JPEGs of at most `max_side` pixels, one for each preset. No table is baked."""

        picture = decode(data, self._limits, least=max_side)
        shrink(picture, max_side)
        seed = hashlib.sha256(data).digest()
        return [self._previewed(picture, seed, preset, files) for preset, files in zip(presets, attached, strict=True)]

    def _previewed(self, picture: Picture, seed: bytes, preset: Json, attached: Attached) -> Preview:

        copy = replace(picture, pixels=picture.pixels.copy(), notes=[])
        factor = max(picture.pixels.shape[:2]) / max(picture.source.width, picture.source.height)
        look = ResolvedPreset(**{**preset, "params": scaled(preset["params"], factor)})
        try:
            painted = self._painted(attached["mask"]) if "mask" in attached else None
            notes = alone(self._compiled(look, None, attached).run(copy, seed, painted))
            made = encode(copy, OutputOptions("jpeg", quality=PREVIEW_QUALITY, metadata="strip", hdr="drop"))
        except PhotoError as error:
            return Preview(error={"code": error.code, "message": error.detail, "retryable": error.retryable})
        return Preview(made.data, made.width, made.height, notes, faces=_faces(copy))

    def _retouch(
        self, data: bytes, job: BatchSpec, params: Json | None, attached: Attached, workspace: Workspace
    ) -> Filling[Retouched]:

        pipeline = self._pipeline(job, params, attached)
        painted = self._painted(attached["mask"]) if "mask" in attached else None
        options = OutputOptions(**{name: job.output[name] for name in _OPTIONS if name in job.output})
        also = [Also.of(one, options) for one in job.output.get("also", ())]
        mark = mark_of(job.output.get("watermark"))
        order = _Order(hashlib.sha256(data), pipeline, painted, options, also, mark, job.thumbnails, _Clock())
        picture, in_one = None, not (also or mark)  # those need the finished pixels
        if self._open_parts and pipeline.in_places and options.like_source:
            picture = decode_in_places(data, self._limits, self._open_parts)
        elif self._open_on_gpu and pipeline.on_device and in_one:
            picture = decode_in_strips(data, self._limits, options, self._open_on_gpu)
        if picture is None and self._open_strips and pipeline.in_strips and in_one:
            picture = decode_in_strips(data, self._limits, options, self._open_strips)
        with suppress(DoubtError):
            if picture is not None:
                return (yield from self._made(order, picture))
        deep_for = options if pipeline.keeps_depth else None
        picture = decode(data, self._limits, workspace, deep_for=deep_for, raw=options.raw)
        return (yield from self._made(order, picture))

    def _made(self, order: "_Order", picture: Picture) -> Filling[Retouched]:
        """Return the photo whose decoded pixels are `picture`. Raises DoubtError of its parts."""
        clock = order.clock
        clock.lap("decode")
        notes = yield from order.pipeline.run(picture, order.digest.digest(), order.painted, clock.lap)
        if order.also:
            picture.load_all()
        also = [one.made(picture, order.mark) for one in order.also]  # before the mark is on the result
        if order.mark is not None:
            order.mark.lay(picture)
        encoded = encode(picture, order.options)
        pixels = picture.pixels if encoded.small is None else encoded.small
        small = thumbnail(pixels, reduce=self._applier.reduce) if order.thumbnails else None
        clock.lap("encode")
        return Retouched(
            data=encoded.data,
            thumbnail=small,
            format=encoded.format,
            width=encoded.width,
            height=encoded.height,
            input_sha256=order.digest.hexdigest(),
            orientation=picture.source.orientation,
            profile=picture.source.icc is not None,
            jpeg=encoded.jpeg,
            blocks=encoded.blocks,
            faces=_faces(picture),
            also=also,
            notes=[*picture.notes, *notes, *encoded.notes],
            timings_ms=clock.totals(),
            laps=clock.laps,
        )

    def _painted(self, mask: bytes) -> Pixels:

        try:
            return decode(mask, self._limits).pixels
        except PhotoError as error:
            raise PhotoError("bad_mask", f"The mask can't be used. {error.detail}") from error

    def _pipeline(self, job: BatchSpec, params: Json | None, attached: Attached) -> Pipeline:

        preset = ResolvedPreset(**job.preset)
        if params:
            preset = resolve(None, preset.type, {**preset.params, **params})
        max_side = job.output.get("max_side")
        name = json.dumps([preset.type, preset.params, max_side], sort_keys=True)
        pipeline = self._pipelines.get(name)
        if pipeline is None:
            pipeline = self._compiled(preset, max_side, attached)
            self._pipelines[name] = pipeline
            if len(self._pipelines) > PIPELINES:
                self._pipelines.popitem(last=False)
        self._pipelines.move_to_end(name)
        return pipeline

    def _compiled(self, preset: ResolvedPreset, max_side: int | None, attached: Attached) -> Pipeline:

        return compile_pipeline(
            preset,
            max_side=max_side,
            tables=self._tables,
            applier=self._applier,
            faces=self._faces,
            networks=self._networks,
            luts=lambda sha256: self._lut(sha256, attached["lut"]),
            max_pixels=self._limits.max_pixels,
        )

    def _lut(self, sha256: str, data: bytes) -> Lut:
        """Return a LUT; the last few are cached, because moving a slider needs the same LUT again and again."""

        if sha256 not in self._luts:
            self._luts[sha256] = read_lut(data)
            if len(self._luts) > LUTS:
                self._luts.popitem(last=False)
        self._luts.move_to_end(sha256)
        return self._luts[sha256]


@dataclass(frozen=True, slots=True)
class _Order:
    """What is to be made of a photo."""

    digest: "hashlib._Hash"
    pipeline: Pipeline
    painted: Pixels | None
    options: OutputOptions
    also: list[Also]
    mark: Mark | None
    thumbnails: bool
    clock: "_Clock"


class _Clock:
    """The laps of a photo; a name may come more than once."""

    def __init__(self) -> None:
        self.laps: list[Lap] = []
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        self.laps.append(Lap.until_now(name, self._last))
        self._last = time.perf_counter()

    def totals(self) -> dict[str, float]:
        """Return how long each took in all, in milliseconds."""
        totals: dict[str, float] = {}
        for name, begun, ended in self.laps:
            totals[name] = totals.get(name, 0.0) + (ended - begun) * 1000
        return {name: round(total, 2) for name, total in totals.items()}


def _faces(picture: Picture) -> list[Json] | None:
    """Return the faces that were found, as records."""
    return None if picture.faces is None else [asdict(face) for face in picture.faces]


def _granted_gpu() -> float:
    """Return the part of a GPU that Ray granted this process, 0.0 for none."""

    import ray  # noqa: PLC0415 - a process that is told its part does without

    if not (ray.is_initialized() and ray.get_gpu_ids()):
        return 0.0
    assigned: dict[str, float] = ray.get_runtime_context().get_assigned_resources()  # type: ignore[no-untyped-call]
    return assigned.get("GPU", 1.0)


def _check_usable(gpu: float) -> None:
    if not has_torch():
        raise DeviceUnusableError(f"torch is not installed: {HOW}")
    from models.neural.device import device_for, why_no_gpu  # noqa: PLC0415

    if device_for(gpu) != "cuda":
        raise DeviceUnusableError(why_no_gpu())


def _engine(version: str, applier: str) -> str:
    """Return a name for everything besides input and preset that the bytes of a result depend on.

    The compiled operations and torch give the same bytes; OpenCV and numpy choose code by the CPU's features.
    """

    # Features in order; missing ones end in a question mark.
    best = [feature for feature in cv2.getCPUFeaturesLine().split() if not feature.endswith("?")][-1:]
    return ", ".join([f"photobatch {version}", f"opencv {cv2.__version__}", applier, *best]).replace("*", "")
