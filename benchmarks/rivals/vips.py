"""pyvips with the libvips of its binary wheel: sequential access, `maplut`, `jpegsave`.

With a matrix in the look, `recomb` goes before `maplut`; it computes in floats and costs as much again as all the
rest. VIPS_CONCURRENCY=1 leaves libvips one thread for its pipeline; the file is written by a second one beside it,
which can't be had otherwise.
"""

from collections.abc import Callable
from pathlib import Path

from benchmarks.floor import QUALITY
from benchmarks.rivals.look import Look

VERSIONS = {"pyvips": "3.2.0", "pyvips-binary": "8.18.7"}


def make(look: Look) -> Callable[[Path, Path], None]:
    """What a process of the pool does; imports pyvips, which must be on its sys.path."""
    import pyvips  # noqa: PLC0415

    curves = pyvips.Image.new_from_memory(look.curves.T.tobytes(), 256, 1, 3, "uchar")

    def retouch(source: Path, target: Path) -> None:
        photo = pyvips.Image.new_from_file(str(source), access="sequential")
        if look.matrix is not None:
            photo = photo.recomb(look.matrix.tolist()).cast("uchar")
        photo.maplut(curves).jpegsave(str(target), Q=QUALITY, subsample_mode="on")

    return retouch
