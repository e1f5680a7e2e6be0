"""pyvips with the libvips of its binary wheel: sequential access, `maplut`, `jpegsave`.

If the look mixes channels, a `maplut` for each of the source's channels and two additions. `recomb` before `maplut` is
the obvious way; it computes in floats, takes a fifth longer and is less accurate. VIPS_CONCURRENCY=1 limits libvips to
one thread for its pipeline; a second one, which cannot be avoided, writes the file.
"""

from collections.abc import Callable
from pathlib import Path

from benchmarks.photos.floor import QUALITY
from benchmarks.rivals.fitted import Fitted

VERSIONS = {"pyvips": "3.2.0", "pyvips-binary": "8.18.7"}


def make(fitted: Fitted) -> Callable[[Path, Path], None]:
    """Return the work of a process of the pool; imports pyvips, which must be on its sys.path."""
    import pyvips  # noqa: PLC0415

    curves = pyvips.Image.new_from_memory(fitted.curves.T.tobytes(), 256, 1, 3, "uchar")
    sums = None
    if fitted.sums is not None:
        sums = [pyvips.Image.new_from_memory(table.tobytes(), 256, 1, 3, "short") for table in fitted.sums]

    def retouch(source: Path, target: Path) -> None:
        photo = pyvips.Image.new_from_file(str(source), access="sequential")
        if sums is None:
            graded = photo.maplut(curves)
        else:
            r, g, b = (channel.maplut(table) for channel, table in zip(photo.bandsplit(), sums, strict=True))
            graded = (r + g + b).cast("uchar")  # which clips
        graded.jpegsave(str(target), Q=QUALITY, subsample_mode="on")

    return retouch
