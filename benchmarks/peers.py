"""Alternatives compared: `python -m benchmarks.peers [--photos 50] [--runs 5] [--quick] [--peers …] [--looks …]`.

The same files and the same work in as many processes: read, decode, apply a look, encode at quality 92 and 4:2:0, write
a file. photobatch does it as a whole service, from submit to the last result durable, with journal, leases and
progress. The others are scripts as a person would write in an afternoon, each with the fastest way to the look that we
found, and one thread in each process. The files in benchmarks/rivals say what that way is, how threads are limited, and
what the looks are: one that mixes no channels, one that does, and one of faces, which OpenCV does and the others do
not. `photobatch.ray` is our own stage for Ray Data, to be compared with the service.

All are warm before anything is timed. For each look, runs of the codec floor, photobatch and the peers take turns, and
files are removed after each turn. A peer's results are compared with ours in its first run, so that nobody is faster by
doing less.
"""

import argparse
import sys
import tempfile
from collections.abc import Collection, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.photos.demo_photos import Recipe, make
from benchmarks.photos.floor import Floor
from benchmarks.record.command import Speaker, parser
from benchmarks.record.figures import Figure, Target
from benchmarks.record.results import Case
from benchmarks.rivals.bench import CHECKED, PEERS, STAGE, WORKERS, Bench
from benchmarks.rivals.check import MOST_DIFFERENCE
from benchmarks.rivals.look import LOOKS, Look
from benchmarks.rivals.ours import Service
from benchmarks.rivals.peer import Peer, UnavailableError

LEADS = {"pyvips": 1.8}  # factors by which ours should be faster; 1 for the others


@dataclass(slots=True)
class Turns:
    """The measurements of one peer, one value for each run."""

    peer: Peer
    seconds: list[float] = field(default_factory=list)
    difference: float = 0.0


def compare(bench: Bench, peers: Sequence[Peer], runs: int) -> tuple[list[float], list[Turns]]:
    """Return the seconds of the floor, and the turns of all peers."""
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
    """Return the figures of a peer; `ours_s` is None for photobatch itself."""
    made = [
        Figure("seconds", "s", turns.seconds),
        Figure("× floor", "×", [own / floor for own, floor in zip(turns.seconds, floor_s, strict=True)]),
        Figure("difference to ours", "codes", [turns.difference], Target(MOST_DIFFERENCE)),
    ]
    if ours_s is not None:
        leads = [own / ours for own, ours in zip(turns.seconds, ours_s, strict=True)]
        if turns.peer.name == STAGE:
            return [*made, Figure("the service is faster by", "×", leads)]
        least = Target(LEADS.get(turns.peer.name, 1.0), least=True)
        made.append(Figure("ours is faster by", "×", leads, least))
    return made


def case(look: Look, peer: Peer, photos: int, megapixels: int) -> Case:
    """Return the case, including the versions of libraries."""
    libraries = ", ".join(f"{name} {version}" for name, version in peer.versions.items())
    said: Case = {"look": look.name, "peer": peer.name, "with": libraries, "photos": photos}
    return {**said, "megapixels": megapixels, "workers": WORKERS}


def measure(
    look: Look, chosen: Sequence[str], photos: list[Path], scratch: Path, runs: int
) -> tuple[list[float], list[Turns]]:
    """Measure one look: photobatch first, then the chosen peers that are available."""
    with ExitStack() as stack:
        bench = Bench.prepared(look, photos, scratch)
        peers: list[Peer] = [stack.enter_context(Service(look, WORKERS, photos[:CHECKED], scratch))]
        for name in bench.chosen(chosen):
            try:
                peers.append(stack.enter_context(PEERS[name](bench)))
            except UnavailableError as error:
                print(f"{name} is left out: {error}", file=sys.stderr)
        return compare(bench, peers, runs)


def main() -> None:
    """The command line."""
    wanted = _wanted()
    speaker = Speaker("peers", wanted)
    count, runs = (8, 1) if wanted.quick else (wanted.photos, wanted.runs)
    photos = make(Path(tempfile.gettempdir(), "demo", "12mp"), count, Recipe())
    for look in [LOOKS[name] for name in wanted.looks]:
        with tempfile.TemporaryDirectory(prefix="photobatch-peers-") as scratch:
            floor_s, measured = measure(look, wanted.peers, photos, Path(scratch), runs)
        ours = measured[0]
        for turns in measured:
            ours_s = None if turns is ours else ours.seconds
            speaker.report(case(look, turns.peer, len(photos), 12), figures(turns, floor_s, ours_s))


def _wanted() -> argparse.Namespace:
    made = parser("peers", "photobatch beside what could be used instead.", quick="8 photos, one run")
    made.add_argument("--photos", type=int, default=50)
    made.add_argument("--peers", default=",".join(PEERS), help="names with commas between them; photobatch always is")
    said = "; ".join(f"{name}: {look.name}" for name, look in LOOKS.items())
    made.add_argument("--looks", default=",".join(LOOKS), help=f"likewise. {said}")
    wanted = made.parse_args()
    wanted.peers, wanted.looks = wanted.peers.split(","), wanted.looks.split(",")
    if said := _unknown("peer", wanted.peers, PEERS) or _unknown("look", wanted.looks, LOOKS):
        made.error(said)
    return wanted


def _unknown(what: str, names: Sequence[str], known: Collection[str]) -> str:
    unknown = [name for name in names if name not in known]
    return f"there is no {what} {', '.join(unknown)}; there are {', '.join(known)}" if unknown else ""


if __name__ == "__main__":
    main()
