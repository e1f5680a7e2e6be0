"""Holes filled per second: `python -m benchmarks.erase [--runs 5] [--quick] [--sides …] [--at-once …]`.

By inpainter, side of the square and squares at once. On a GPU if torch has one, else on one core. LaMa needs no
real weights for this: random ones take the same computation.
"""

import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from spandrel.architectures.LaMa import LaMa

from benchmarks.record import command
from benchmarks.record.figures import Figure
from models.erase.fill import Inpainter, Telea
from models.erase.region import Mask
from models.neural.device import device_for
from models.neural.lama import Lama
from models.picture import Pixels

SIDES = (128, 256, 512)
AT_ONCE = (1, 4)


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


def _lama(device: str) -> Lama:
    """Return the real architecture with random weights."""
    torch.manual_seed(7)
    with tempfile.TemporaryDirectory(prefix="photobatch-erase-") as folder:
        weights = Path(folder) / "lama.safetensors"
        save_file(LaMa(in_nc=4, out_nc=3).state_dict(), weights)
        return Lama(weights, "0" * 64, device)


def main() -> None:
    """The command line."""
    parser = command.parser("erase", "How many holes are filled a second.", quick="one run, no square above 256")
    parser.add_argument("--sides", type=int, nargs="+", default=SIDES, help="pixels")
    parser.add_argument("--at-once", type=int, nargs="+", default=AT_ONCE, help="squares")
    wanted = parser.parse_args()
    runs = 1 if wanted.quick else wanted.runs
    sides = [side for side in wanted.sides if side <= 256 or not wanted.quick]
    speaker = command.Speaker("erase", wanted)
    device = device_for(gpu=1.0)
    for name, inpainter, where in (("telea", Telea(), "cpu"), ("lama", _lama(device), device)):
        for side in sides:
            for at_once in wanted.at_once if name == "lama" else [1]:
                rates = squares_per_s(inpainter, side, at_once, runs)
                case = {"inpainter": name, "side": side, "at_once": at_once, "device": where}
                speaker.report(case, [Figure("squares", "/s", rates)])


if __name__ == "__main__":
    main()
