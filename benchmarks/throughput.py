"""The throughput of a batch: `python -m benchmarks.throughput [--presets …] [--sources files,http,uploads] [--quick]`.

Without options: the cases with targets, on 50 photos of 12 MP and 2 workers. Each case gets its own engine and empty
caches. Its workers are warmed, one photo shows the cost of a new preset's colour table, then runs of the codec floor
(in as many processes) and of the service take turns. With uploads a whole `photobatch serve` is measured beside the
engine, in the same turns, so that the cost of HTTP is a ratio too.

`--url` measures a service that is running; on a cluster (`ray job submit … -- python -m benchmarks.throughput`, where
Ray sets RAY_ADDRESS) the engine runs as a guest there.
"""

import argparse
import multiprocessing
import os
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field, replace
from itertools import product
from pathlib import Path

from rich.console import Console

from benchmarks.photos.demo_photos import BY_DAY, BY_NIGHT, Recipe, make
from benchmarks.photos.floor import Floor
from benchmarks.photos.scene import Frame
from benchmarks.record import command
from benchmarks.record.figures import Figure, Target
from benchmarks.servers import photo_host
from benchmarks.servers.clients import Client, EmbeddedClient, OverlapClient, UploadClient
from benchmarks.servers.joined_ray import guest
from benchmarks.servers.server import serving
from deployments.local.embedded import Engine

RATIO = "times the floor"
FACELESS = "no face, upright"
_TARGETS = {"filter_warm": 1.1, "filter_cool": 1.1, "color_vintage": 1.2}  # × the floor; others: 1
_BY_HTTP = {"uploads": UploadClient, "overlap": OverlapClient}
MOST_ADDED = 20.0  # per cent of extra time that uploads may take
_PHOTOS, _QUICK_PHOTOS = 50, 16
_SPARE = 3_000_000_000  # bytes of disk that a run may need
_SHOWN = ("preset", "photos", "megapixels", "iso", "workers", "source", "subjects")


@dataclass(frozen=True, slots=True)
class Case:
    """The case to measure."""

    preset: str
    photos: int = _PHOTOS
    megapixels: float = 12.0
    iso: str = "low"
    workers: int = 2
    source: str = "files"
    where: str = "embedded"
    subjects: str = ""  # of the photos: the demo's, or FACELESS

    @property
    def target(self) -> Target | None:
        """The target, as a multiple of the codec floor."""
        if self.source != "files" or self.where != "embedded":
            return None
        if self.subjects == FACELESS:
            return Target(0.5)
        return Target(_TARGETS.get(self.preset, 1.0))

    def make_photos(self) -> list[Path]:
        """Return the photos, in the system's temporary folder; makes missing ones."""
        name = f"{self.megapixels:g}mp" + ("-high-iso" if self.iso == "high" else "")
        recipe = Recipe(megapixels=self.megapixels, iso=BY_NIGHT if self.iso == "high" else BY_DAY)
        folder = Path(tempfile.gettempdir(), "demo", name)
        if self.subjects != FACELESS:
            return make(folder, self.photos, recipe)
        frames = [Frame.of(index) for index in range(5 * self.photos)]
        chosen = [frame.index for frame in frames if frame.face_share is None and frame.orientation == 1]
        return make(folder, self.photos, recipe, indices=chosen[: self.photos])


PROMISED = (
    Case("filter_warm"),
    Case("filter_warm", iso="high"),
    Case("color_vintage"),
    Case("beauty_light"),
    Case("beauty_heavy"),
    Case("beauty_light", subjects=FACELESS),
    Case("filter_warm", source="uploads"),
    Case("filter_warm", source="overlap"),
    Case("beauty_heavy", source="uploads"),
)


@dataclass(slots=True)
class Measured:
    """Seconds of each run, from submit to the last result durable."""

    floor_s: list[float] = field(default_factory=list)
    service_s: list[float] = field(default_factory=list)
    files_s: list[float] = field(default_factory=list)  # of the engine beside the service
    first_photo_s: float | None = None  # extra time of a preset's first photo

    @property
    def ratios(self) -> list[float]:
        """The ratio of service to floor of each run."""
        return [service / floor for service, floor in zip(self.service_s, self.floor_s, strict=True)]


def measure(case: Case, photos: list[Path], runs: int, url: str | None, gpu_fraction: float | None) -> Measured:
    """Measure one case; needs the machine to itself."""
    measured = Measured()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="photobatch-bench-")))
        if gpu_fraction is not None:
            os.environ["BATCH_GPU_FRACTION"] = str(gpu_fraction)
        clients: list[tuple[Client, list[float]]] = []
        if url is None:
            engine = stack.enter_context(embedded(folder, case.workers, photos))
            files = measured.files_s if case.source in _BY_HTTP else measured.service_s
            if case.source == "http":
                clients.append((stack.enter_context(photo_host.hosting(engine)), files))
            else:
                clients.append((engine, files))
            measured.first_photo_s = engine.run(case.preset, photos[:1]) - engine.run(case.preset, photos[:1])
        if case.source in _BY_HTTP:
            served = url or stack.enter_context(serving(folder, BATCH_MAX_WORKERS=str(case.workers))).url
            uploads = _BY_HTTP[case.source](served)
            stack.callback(uploads.close)
            clients.append((uploads, measured.service_s))
        for client, _ in clients:
            client.run(case.preset, photos[: 5 * case.workers])  # warms every worker and bakes every profile's table
        floor = stack.enter_context(Floor(case.workers, folder / "floor"))
        floor.run(photos[: case.workers])
        for _ in range(runs):
            measured.floor_s.append(floor.run(photos))
            for client, seconds in clients:
                seconds.append(client.run(case.preset, photos))
    return measured


@contextmanager
def embedded(folder: Path, workers: int, photos: list[Path]) -> Iterator[EmbeddedClient]:
    """Run an engine with warm workers and no colour tables, or a guest on the cluster of this job."""
    os.environ["BATCH_DATA_DIR"] = str(folder / "home")  # contains the tables; empty at first
    os.environ["BATCH_ALLOWED_HOSTS"] = photo_host.address()  # a private address that must be allowed
    place, roots = folder / "engine", [photos[0].parent.parent]
    if address := os.environ.get("RAY_ADDRESS"):
        made = guest(address, place, workers=workers, file_roots=roots)
    else:
        made = Engine(place, workers=workers, file_roots=roots)
    with made as engine:
        client = EmbeddedClient(engine)
        client.wait_for_workers(workers)
        yield client


def figures(case: Case, measured: Measured) -> list[Figure]:
    """Return the figures of a case."""
    said = [
        Figure(RATIO, "× floor", measured.ratios, case.target),
        Figure("seconds", "s", measured.service_s),
        Figure("photos a second", "photos/s", [case.photos / service for service in measured.service_s]),
        Figure("floor", "s", measured.floor_s),
    ]
    if measured.files_s:
        both = zip(measured.service_s, measured.files_s, strict=True)
        added = [100 * (service / files - 1) for service, files in both]
        said.append(Figure("added by HTTP", "%", added, Target(MOST_ADDED)))
    elif measured.first_photo_s is not None:
        said.append(Figure("first photo of a new preset", "s", [measured.first_photo_s]))
    return said


def cases(wanted: argparse.Namespace) -> list[Case]:
    """Return the cases: every combination of the options, or those with targets."""
    chosen = (wanted.presets, wanted.megapixels, wanted.iso, wanted.workers, wanted.sources)
    photos = wanted.photos or (_QUICK_PHOTOS if wanted.quick else _PHOTOS)
    where = "service" if wanted.url else "cluster" if "RAY_ADDRESS" in os.environ else "embedded"
    if not any(chosen) and where == "embedded":
        promised = PROMISED if not wanted.quick else (PROMISED[0], PROMISED[4])
        return [replace(case, photos=photos) for case in promised]
    presets = (wanted.presets or "filter_warm,color_vintage,beauty_light,beauty_heavy").split(",")
    sources = ["uploads"] if wanted.url else (wanted.sources or "files").split(",")
    return [
        Case(preset, photos, float(size), iso, int(workers), source, where)
        for preset, size, iso, workers, source in product(
            presets,
            (wanted.megapixels or "12").split(","),
            (wanted.iso or "low").split(","),
            (wanted.workers or "2").split(","),
            sources,
        )
    ]


def main() -> None:
    """The command line."""
    parser = command.parser(
        "throughput", "How fast a batch is done.", quick=f"{_QUICK_PHOTOS} photos, 2 presets, 1 run"
    )
    parser.add_argument("--presets", help="names with commas between them, as with what follows")
    parser.add_argument(
        "--sources", help="files, http (image_urls), uploads (files in the form), overlap (uploaded beside the work)"
    )
    parser.add_argument("--megapixels", help="size of the photos")
    parser.add_argument("--iso", help="low, high (noisy photos: more colours)")
    parser.add_argument("--workers")
    parser.add_argument("--photos", type=int)
    parser.add_argument("--url", help="of a running service, which gets uploads; its workers are its own affair")
    parser.add_argument("--gpu-fraction", type=float, help="of a GPU for each worker, where there is one")
    wanted = parser.parse_args()
    free = shutil.disk_usage(tempfile.gettempdir()).free
    if free < _SPARE:
        parser.error(f"{tempfile.gettempdir()} has {free / 1e9:.1f} GB free; {_SPARE / 1e9:.0f} GB are needed")
    console, speaker = Console(stderr=True), command.Speaker("throughput", wanted)
    for case in cases(wanted):
        console.print(
            "… " + ", ".join(str(value) for name in _SHOWN if (value := getattr(case, name))), highlight=False
        )
        photos = case.make_photos()
        # A process for each case: Ray starts once in it, and nothing is warm from the last case.
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as alone:
            runs = 1 if wanted.quick else wanted.runs
            measured = alone.submit(measure, case, photos, runs, wanted.url, wanted.gpu_fraction).result()
        speaker.report({name: value for name, value in asdict(case).items() if value}, figures(case, measured))


if __name__ == "__main__":
    main()
