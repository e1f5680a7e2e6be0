"""Holes filled per second: `python -m benchmarks.erase [--runs 5] [--quick] [--without-weights] [--sides …] …`.

By inpainter, side of the square and squares at once. On a GPU if torch has one, else on one core. LaMa needs no
real weights for this: random ones take the same computation. Then the time of patches, and its ratio to that of
OpenCV's method in the same run, by the width of a round hole in a photo of stones.
"""

import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
import torch
from safetensors.torch import save_file
from spandrel.architectures.LaMa import LaMa

from benchmarks.photos.erase_jobs import photo_of
from benchmarks.record import command
from benchmarks.record.figures import Figure
from models.compiled.patches.patches import Patches
from models.erase.fill import Inpainter, Telea
from models.erase.region import Mask
from models.neural.device import device_for
from models.neural.lama import Lama
from models.picture import Pixels

SIDES = (128, 256, 512)
AT_ONCE = (1, 4)
HOLES = (64, 256, 512, 1024)
_LEAST_MARGIN = 64  # pixels, as models/erase/holes.py has it


def squares_per_s(inpainter: Inpainter, side: int, at_once: int, runs: int) -> list[float]:
    """Return squares per second, one value for each run; a first run warms up."""
    crops, masks = _squares(side, at_once)
    rates = []
    for _ in range(runs + 1):
        begun = time.perf_counter()
        inpainter.fill(crops, masks)
        rates.append(at_once / (time.perf_counter() - begun))
    return rates[1:]


def _squares(side: int, count: int) -> tuple[list[Pixels], list[Mask]]:
    """Squares of noise with holes of half the width and height, as in photos."""
    rng = np.random.default_rng(7)
    crops = [rng.integers(0, 256, (side, side, 3), np.uint8) for _ in range(count)]
    mask = np.zeros((side, side), np.uint8)
    mask[side // 4 : -side // 4, side // 4 : -side // 4] = 255
    return crops, [mask] * count


def holes(patches: Inpainter, telea: Inpainter, wide: int, runs: int) -> list[Figure]:
    """Return the times of round holes of `wide` pixels; the inpainters take turns, after a first run of each."""
    photo, mask = _stones(wide)
    times: dict[str, list[float]] = {"patches": [], "telea": []}
    for _ in range(runs + 1):
        for name, inpainter in (("patches", patches), ("telea", telea)):
            begun = time.perf_counter()
            inpainter.fill([photo], [mask])
            times[name].append(1e3 * (time.perf_counter() - begun))
    ours, opencv = times["patches"][1:], times["telea"][1:]
    ratios = [one / other for one, other in zip(ours, opencv, strict=True)]
    return [Figure("patches", "ms", ours), Figure("OpenCV", "ms", opencv), Figure("ratio", "×", ratios)]


def _stones(wide: int) -> tuple[Pixels, Mask]:
    """A crop with a round hole in its middle, with the margin that erase gives it."""
    side = wide + 2 * max(_LEAST_MARGIN, wide // 2)
    stones = photo_of("gravel")
    times = -(-side // min(stones.shape[:2]))
    mask = np.zeros((side, side), np.uint8)
    cv2.circle(mask, (side // 2, side // 2), wide // 2, 255, -1)
    return np.ascontiguousarray(np.tile(stones, (times, times, 1))[:side, :side]), mask


def _lama(device: str) -> Lama:
    """Return the real architecture with random weights."""
    torch.manual_seed(7)
    with tempfile.TemporaryDirectory(prefix="photobatch-erase-") as folder:
        weights = Path(folder) / "lama.safetensors"
        save_file(LaMa(in_nc=4, out_nc=3).state_dict(), weights)
        return Lama(weights, "0" * 64, device)


def main() -> None:
    """The command line."""
    parser = command.parser("erase", "How many holes are filled a second.", quick="one run, nothing above 256")
    parser.add_argument("--sides", type=int, nargs="+", default=SIDES, help="pixels")
    parser.add_argument("--at-once", type=int, nargs="+", default=AT_ONCE, help="squares")
    parser.add_argument("--without-weights", action="store_true", help="no LaMa: it takes minutes on a CPU")
    wanted = parser.parse_args()
    runs = 1 if wanted.quick else wanted.runs
    sides = [side for side in wanted.sides if side <= 256 or not wanted.quick]
    speaker = command.Speaker("erase", wanted)
    device = device_for(gpu=1.0)
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory(prefix="photobatch-erase-") as folder:
        patches = Patches(Path(folder))
    inpainters: list[tuple[str, Inpainter, str]] = [("telea", Telea(), "cpu"), ("patches", patches, "cpu")]
    if not wanted.without_weights:
        inpainters.append(("lama", _lama(device), device))
    for name, inpainter, where in inpainters:
        for side in sides:
            for at_once in wanted.at_once if name == "lama" else [1]:
                rates = squares_per_s(inpainter, side, at_once, runs)
                case = {"inpainter": name, "side": side, "at_once": at_once, "device": where}
                speaker.report(case, [Figure("squares", "/s", rates)])
    for wide in HOLES:
        if wide <= 256 or not wanted.quick:
            speaker.report({"hole": wide, "device": "cpu"}, holes(patches, Telea(), wide, runs))


if __name__ == "__main__":
    main()
