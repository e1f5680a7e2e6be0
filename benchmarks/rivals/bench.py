"""The bench: the peers, and the data with which they are made."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.rivals import magick, opencv, packages, pillow, ray_data, torch_eager, vips
from benchmarks.rivals.check import MOST_DIFFERENCE, LessWorkError, difference
from benchmarks.rivals.fitted import Fitted, fit
from benchmarks.rivals.look import Look
from benchmarks.rivals.ours import Operations
from benchmarks.rivals.peer import Peer, result_of
from benchmarks.rivals.pool import Pool

WORKERS = 2
STAGE = "photobatch.ray"  # ours too, inside a Ray Data of somebody else
CHECKED = 10  # photos whose results are compared, including rotated ones and both profiles


@dataclass(frozen=True)
class Bench:
    """The photos, and a look for us and for others."""

    look: Look
    photos: list[Path]
    scratch: Path
    ours: list[Path]  # our results of the first photos
    fitted: Fitted | None  # of a look of colours

    @classmethod
    def prepared(cls, look: Look, photos: list[Path], scratch: Path) -> "Bench":
        """Retouch the first photos, which also bakes the colour tables."""
        folder = scratch / "ours"
        folder.mkdir()
        operations = Operations(look, scratch / "tables")
        first = photos[:CHECKED]
        ours = [result_of(index, folder) for index in range(len(first))]
        for source, target in zip(first, ours, strict=True):
            operations(source, target)
        return cls(look, photos, scratch, ours, None if look.faces else fit(first, ours, mixing=look.mixes))

    def chosen(self, names: Sequence[str]) -> list[str]:
        """Return those of the peers that do looks of this kind."""
        return [name for name in names if name == STAGE or (name == "opencv") == self.look.faces]

    def pool(
        self,
        name: str,
        make: Callable[[Fitted], Callable[[Path, Path], None]],
        versions: Mapping[str, str],
        needs: Path | None = None,
    ) -> Pool:
        """Return a peer in warm processes; `needs` is a folder of packages."""
        if self.fitted is None:
            raise ValueError(f"{name} does colours, not {self.look.name}")
        work = partial(make, self.fitted)
        return Pool(name, work, versions, processes=WORKERS, sample=self.photos[0], packages=needs)

    def difference(self, results: Path) -> float:
        """The mean difference of a peer's results to ours, in codes. Raises LessWorkError."""
        pairs = zip(self.ours, self.photos, strict=False)
        apart = [difference(result_of(index, results), *pair) for index, pair in enumerate(pairs)]
        if max(apart) > MOST_DIFFERENCE:
            raise LessWorkError(f"a result differs from ours by {max(apart):.1f} codes in the mean")
        return sum(apart) / len(apart)


def _pyvips(bench: Bench) -> Peer:
    return bench.pool("pyvips", vips.make, vips.VERSIONS, packages.installed(vips.VERSIONS))


def _pillow(bench: Bench) -> Peer:
    return bench.pool("pillow", pillow.make, pillow.VERSIONS)


def _torchvision(bench: Bench) -> Peer:
    return bench.pool("torchvision", torch_eager.make, torch_eager.VERSIONS)


def _imagemagick(bench: Bench) -> Peer:
    path, version = magick.program()
    return bench.pool("imagemagick", partial(magick.make, path), {"ImageMagick": version})


def _ray_data(name: str, pipeline: ray_data.Pipeline, bench: Bench) -> Peer:
    return ray_data.RayData(name, pipeline, bench.look, WORKERS, bench.photos[0], bench.scratch)


def _opencv(bench: Bench) -> Peer:
    return Pool("opencv", opencv.make, opencv.VERSIONS, processes=WORKERS, sample=bench.photos[0])


PEERS: dict[str, Callable[[Bench], Peer]] = {
    "pyvips": _pyvips,
    "pillow": _pillow,
    "torchvision": _torchvision,
    "imagemagick": _imagemagick,
    "ray-data": partial(_ray_data, "ray-data", ray_data.loop),
    "opencv": _opencv,
    STAGE: partial(_ray_data, STAGE, ray_data.stage),
}
"""All but the service. The factories raise UnavailableError if the peer is not available."""
