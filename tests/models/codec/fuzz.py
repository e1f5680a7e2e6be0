"""Mutated files through the codec until the time is over: `python fuzz.py SECONDS FOLDER [SEED]`.

A process of its own, because what it looks for ends processes. The file that it was at lies in FOLDER.
"""

import faulthandler
import resource
import sys
import time
from itertools import count
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, Phase, given, seed, settings

from models.codec import Limits, OutputOptions, decode, encode, read_header
from models.errors import PhotoError
from tests.models.codec.mutations import SEEDS, mutants

LIMITS = Limits(max_pixels=1_000_000, max_bytes=2**20)
DEEP = OutputOptions(format="tiff")
HANGS_S = 20.0
MOST_MEMORY = 400 * 2**20  # above what the libraries take; a million pixels are 4 MB, and some are held a few times
QUIET = settings(
    max_examples=500,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def worked_on(data: bytes) -> bool:
    """Read, decode and encode a file as service and worker do; returns whether it was taken."""
    try:
        raw = read_header(data, LIMITS).format == "raw"
        picture = decode(data, LIMITS, deep_for=DEEP, raw="embedded" if raw and len(data) % 2 else "develop")
    except PhotoError:
        return False
    assert picture.pixels.dtype == np.uint8
    assert picture.pixels.shape == (picture.source.height, picture.source.width, 4)
    try:
        encoded = encode(picture, DEEP if picture.deep is not None else OutputOptions(metadata="strip_gps"))
    except PhotoError as refusal:
        if refusal.code != "output_too_large":  # an AVIF's header may claim more than an AVIF may have
            raise
        return False
    again = read_header(encoded.data, LIMITS)
    assert (again.width, again.height) == (encoded.width, encoded.height)
    return True


def watched(data: bytes, current: Path) -> bool:
    """Work on a file of which nothing is left when all went well."""
    current.write_bytes(data)
    faulthandler.dump_traceback_later(HANGS_S, exit=True)
    try:
        taken = worked_on(data)
    finally:
        faulthandler.cancel_dump_traceback_later()
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    assert used < _bound, f"{used >> 20} MB are too much for a picture of a megapixel"
    current.unlink()
    return taken


def main(seconds: float, folder: Path, first: int) -> None:
    """Go on until the time is over; an AssertionError or a dead process tells what was found."""
    until = time.monotonic() + seconds
    seen, taken = 0, 0

    def once(data: bytes) -> None:
        nonlocal seen, taken
        if time.monotonic() < until:
            seen += 1
            taken += watched(data, folder / "current")

    for number in count(first):
        if time.monotonic() >= until:
            break
        seed(number)(QUIET(given(mutants())(once)))()
    print(f"{seen} files, {taken} of them taken")


if __name__ == "__main__":
    faulthandler.enable()
    for whole in SEEDS.values():
        assert worked_on(whole) or whole == SEEDS["jpeg of a camera"]
    _bound = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 + MOST_MEMORY
    main(float(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 0)
