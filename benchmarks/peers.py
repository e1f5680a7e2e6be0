"""What could be used instead: `python -m benchmarks.peers [--photos 50] [--runs 5] [--quick] [--peers pyvips,…]`.

The same files, the same work in as many processes: read, decode, apply the look of `filter_warm`, encode at quality 92
and 4:2:0, write a file. photobatch does it as a whole service, from submit to the last result durable, with journal,
leases and progress; the others are what a person would write in an afternoon, each on the fastest path that we found,
with one thread inside each process. benchmarks/rivals says for each what that path is and how threads are limited.

All are warm before anything is timed. Runs of the codec floor, photobatch and the peers take turns, and nobody's files
stay for the next one's turn. What a peer made is held against ours in its first run: nobody is faster by doing less.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from benchmarks.command import Speaker, parser
from benchmarks.demo_photos import Recipe, make
from benchmarks.figures import Figure, Target
from benchmarks.floor import Floor
from benchmarks.results import Case
from benchmarks.rivals import magick, packages, pillow, ray_data, torch_eager, vips
from benchmarks.rivals.check import MOST_DIFFERENCE, LessWorkError, difference
from benchmarks.rivals.look import Look, fit
from benchmarks.rivals.ours import PRESET, Operations, Service
from benchmarks.rivals.peer import Peer, UnavailableError, result_of
from benchmarks.rivals.pool import Pool

WORKERS = 2
LEADS = {"pyvips": 1.8, "pyvips-recomb": 1.8}  # ours should be faster by so much; by 1 where nothing is said
_CHECKED = 10  # photos whose results are compared; turned ones and both profiles are among them


@dataclass(frozen=True)
class Bench:
    """What peers are made with."""

    photos: list[Path]
    scratch: Path
    ours: list[Path]  # the first photos as our own operations retouch them

    @classmethod
    def prepared(cls, photos: list[Path], scratch: Path) -> "Bench":
        """Retouches the first photos, which also bakes the colour tables."""
        folder = scratch / "ours"
        folder.mkdir()
        operations = Operations(scratch / "tables")
        ours = [result_of(index, folder) for index in range(min(_CHECKED, len(photos)))]
        for source, target in zip(photos, ours, strict=False):
            operations(source, target)
        return cls(photos, scratch, ours)

    def look(self, *, mixing: bool = False) -> Look:
        """The preset as peers know it, from the first photo."""
        return fit(self.photos[0], self.ours[0], mixing=mixing)

    def pool(
        self,
        name: str,
        work: Callable[[], Callable[[Path, Path], None]],
        versions: Mapping[str, str],
        needs: Path | None = None,
    ) -> Pool:
        """A peer in warm processes; `needs` is a folder of packages."""
        return Pool(name, work, versions, processes=WORKERS, sample=self.photos[0], packages=needs)

    def difference(self, results: Path) -> float:
        """The mean difference of a peer's results to ours, in codes. Raises LessWorkError."""
        pairs = zip(self.ours, self.photos, strict=False)
        apart = [difference(result_of(index, results), *pair) for index, pair in enumerate(pairs)]
        if max(apart) > MOST_DIFFERENCE:
            raise LessWorkError(f"a result differs from ours by {max(apart):.1f} codes in the mean")
        return sum(apart) / len(apart)


def _pyvips(bench: Bench, *, mixing: bool = False) -> Peer:
    needs = packages.installed(vips.VERSIONS)
    name = "pyvips-recomb" if mixing else "pyvips"
    return bench.pool(name, partial(vips.make, bench.look(mixing=mixing)), vips.VERSIONS, needs)


def _pillow(bench: Bench) -> Peer:
    return bench.pool("pillow", partial(pillow.make, bench.look()), pillow.VERSIONS)


def _torchvision(bench: Bench) -> Peer:
    return bench.pool("torchvision", partial(torch_eager.make, bench.look()), torch_eager.VERSIONS)


def _imagemagick(bench: Bench) -> Peer:
    path, version = magick.program()
    return bench.pool("imagemagick", partial(magick.make, path, bench.look()), {"ImageMagick": version})


def _ray_data(bench: Bench) -> Peer:
    needs = packages.installed(ray_data.PACKAGES)
    return ray_data.RayData(WORKERS, bench.photos[0], bench.scratch / "tables", needs)


PEERS: dict[str, Callable[[Bench], Peer]] = {
    "pyvips": _pyvips,
    "pyvips-recomb": partial(_pyvips, mixing=True),
    "pillow": _pillow,
    "torchvision": _torchvision,
    "imagemagick": _imagemagick,
    "ray-data": _ray_data,
}


@dataclass(slots=True)
class Turns:
    """What was measured of one peer, a value a run."""

    peer: Peer
    seconds: list[float] = field(default_factory=list)
    difference: float = 0.0


def compare(bench: Bench, peers: Sequence[Peer], runs: int) -> tuple[list[float], list[Turns]]:
    """Seconds of the floor, and everybody's turns."""
    floor_s: list[float] = []
    measured = [Turns(peer) for peer in peers]
    with Floor(WORKERS, bench.scratch / "floor") as floor:
        for run in range(runs):
            floor_s.append(floor.run(bench.photos))
            for turns in measured:
                with tempfile.TemporaryDirectory(dir=bench.scratch) as results:
                    turns.seconds.append(turns.peer.run(bench.photos, Path(results)))
                    if run == 0:
                        turns.difference = bench.difference(Path(results))
    return floor_s, measured


def figures(turns: Turns, floor_s: Sequence[float], ours_s: Sequence[float] | None) -> list[Figure]:
    """What is said of a peer; `ours_s` is None for photobatch itself."""
    made = [
        Figure("seconds", "s", turns.seconds),
        Figure("× floor", "×", [own / floor for own, floor in zip(turns.seconds, floor_s, strict=True)]),
        Figure("difference to ours", "codes", [turns.difference], Target(MOST_DIFFERENCE)),
    ]
    if ours_s is not None:
        leads = [own / ours for own, ours in zip(turns.seconds, ours_s, strict=True)]
        least = Target(LEADS.get(turns.peer.name, 1.0), least=True)
        made.append(Figure("ours is faster by", "×", leads, least))
    return made


def case(peer: Peer, photos: int, megapixels: int) -> Case:
    """What was measured, and with which libraries."""
    libraries = ", ".join(f"{name} {version}" for name, version in peer.versions.items())
    said: Case = {"peer": peer.name, "with": libraries, "preset": PRESET, "photos": photos}
    return {**said, "megapixels": megapixels, "workers": WORKERS}


def main() -> None:
    """The command line."""
    wanted = _wanted()
    count, runs = (8, 1) if wanted.quick else (wanted.photos, wanted.runs)
    photos = make(Path(tempfile.gettempdir(), "demo", "12mp"), count, Recipe())
    with tempfile.TemporaryDirectory(prefix="photobatch-peers-") as name, ExitStack() as stack:
        bench = Bench.prepared(photos, Path(name))
        service = Service(WORKERS, photos[:_CHECKED], Path(name))
        peers: list[Peer] = [stack.enter_context(service)]
        for chosen in wanted.peers.split(","):
            try:
                peers.append(stack.enter_context(PEERS[chosen](bench)))
            except UnavailableError as error:
                print(f"{chosen} is left out: {error}", file=sys.stderr)
        floor_s, measured = compare(bench, peers, runs)
    speaker, ours = Speaker("peers", wanted), measured[0]
    for turns in measured:
        ours_s = None if turns is ours else ours.seconds
        speaker.say(case(turns.peer, len(photos), 12), figures(turns, floor_s, ours_s))


def _wanted() -> argparse.Namespace:
    made = parser("peers", "photobatch beside what could be used instead.", quick="8 photos, one run")
    made.add_argument("--photos", type=int, default=50)
    made.add_argument("--peers", default=",".join(PEERS), help="names with commas between them; photobatch always is")
    wanted = made.parse_args()
    if unknown := [name for name in wanted.peers.split(",") if name not in PEERS]:
        made.error(f"there is no peer {', '.join(unknown)}; there are {', '.join(PEERS)}")
    return wanted


if __name__ == "__main__":
    main()
