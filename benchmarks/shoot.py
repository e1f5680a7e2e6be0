"""One shoot, one light: `python -m benchmarks.shoot [--runs 5] [--quick]`.

Scenes are photographed under known, careless light (benchmarks/photos/bracket.py), all analysed, matched as one set,
and shifted. It says how far skin and grey differ between the photos of a scene, before and after: the mean ΔE (CIE
1976) from their mean. Then the speed of both halves.
"""

import time
from dataclasses import replace

import cv2
import numpy as np
import simplejpeg
from skimage import color

from benchmarks.photos.bracket import PATCHES, SCENES, Shot, shots
from benchmarks.record import command
from benchmarks.record.figures import Figure, Target
from models.codec.header import Limits
from models.colour.correction import Correction
from models.colour.curves import Floats
from models.colour.grade import Grade, GradeFunction
from models.picture import Pixels
from models.shoot import Light, Shift, analyse, match

_EVERY_S = 20.0  # between photos
_MANY = 10_000
_MP = (3000, 4000)
_MIDDLE = 0.4  # part of a scene's sides, around its middle, that all photos show


def differences(scene: str, taken: list[Shot], shifts: list[Shift]) -> list[Figure]:
    """Return the spreads of a scene's patches, without and with the shifts."""
    figures = []
    rows, columns = SCENES[scene]().shape[:2]
    edge = (1 - _MIDDLE) / 2
    patches = {name: patch for (where, name), patch in PATCHES.items() if where == scene}
    patches["middle"] = tuple(round(at * side) for side in (rows, columns) for at in (edge, 1 - edge))
    after = [_shifted(shot.pixels, shift) for shot, shift in zip(taken, shifts, strict=True)]
    for name, patch in patches.items():
        spread = _spread([_mean(shot, shot.pixels, patch) for shot in taken])
        left = _spread([_mean(shot, pixels, patch) for shot, pixels in zip(taken, after, strict=True)])
        figures += [Figure(f"{name}, before", "ΔE", [spread]), Figure(f"{name}, after", "ΔE", [left])]
        figures.append(Figure(f"{name}, of before", "×", [left / spread], Target(0.5) if name != "middle" else None))
    return figures


def _shifted(pixels: Pixels, shift: Shift) -> Pixels:
    function = GradeFunction(Grade(correction=Correction(shift.exposure, shift.temperature, shift.tint)), None)
    planes = function(pixels[..., 0], pixels[..., 1], pixels[..., 2])
    return np.rint(255 * np.clip(np.stack(planes, axis=-1), 0, 1)).astype(np.uint8)


def _mean(shot: Shot, pixels: Pixels, patch: tuple[int, ...]) -> Floats:
    top, bottom, left, right = patch
    part = pixels[max(top - shot.top, 0) : bottom - shot.top, max(left - shot.left, 0) : right - shot.left]
    return np.asarray(color.rgb2lab(part).mean(axis=(0, 1)))


def _spread(colours: list[Floats]) -> float:
    found = np.array(colours)
    return float(np.linalg.norm(found - found.mean(axis=0), axis=1).mean())


def speed(lights: list[Light], runs: int) -> list[Figure]:
    """Return the time of one photo's analysis, and of the matching of a large set."""
    noise = np.random.default_rng(7).normal(0, 4, (*_MP, 3))
    photo = cv2.resize(SCENES["astronaut"](), _MP[::-1], interpolation=cv2.INTER_CUBIC)
    file = simplejpeg.encode_jpeg(np.clip(photo + noise, 0, 255).astype(np.uint8), 90)
    many = [lights[number % len(lights)] for number in range(_MANY)]
    analysing, matching = [], []
    for _ in range(runs + 1):
        begun = time.perf_counter()
        analyse(file, Limits())
        analysing.append(1e3 * (time.perf_counter() - begun))
    for _ in range(runs):
        begun = time.perf_counter()
        match(many)
        matching.append(time.perf_counter() - begun)
    return [
        Figure("a JPEG of 12 MP analysed", "ms", analysing[1:], Target(30)),
        Figure(f"{_MANY:,} photos matched", "s", matching, Target(4)),
    ]


def main() -> None:
    """The command line."""
    parser = command.parser("shoot", "How far a shoot's photos differ before and after.", quick="four photos a scene")
    parser.add_argument("--photos", type=int, default=12, help="of each scene")
    wanted = parser.parse_args()
    cv2.setNumThreads(1)
    count, runs = (4, 1) if wanted.quick else (wanted.photos, wanted.runs)
    taken = [shot for scene in SCENES for shot in shots(scene, count)]
    lights = [
        replace(analyse(shot.jpeg, Limits()), taken=number * _EVERY_S + 3600 * (number // count))
        for number, shot in enumerate(taken)
    ]
    shifts = match(lights)
    speaker = command.Speaker("shoot", wanted)
    for number, scene in enumerate(SCENES):
        part = slice(number * count, (number + 1) * count)
        speaker.report({"scene": scene, "photos": count}, differences(scene, taken[part], shifts[part]))
    speaker.report({"what": "speed"}, speed(lights, runs))


if __name__ == "__main__":
    main()
