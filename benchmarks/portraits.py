"""What beauty does to faces: `python -m benchmarks.portraits FOLDER [--presets …] [--sheet OUT.png]`.

FOLDER holds photos of people. Each face of at least 60 pixels is measured in regions of its dense mesh, and a table
says by preset what became of texture, light, hue and features. The sheet shows faces before and after at full size.
"""

import argparse
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.photos.face_regions import CHEEKS, SKIN, Region, measured, tone_of, turn
from models.codec import Limits, decode
from models.colour.cache import TableCache
from models.compiled.applier import CompiledApplier
from models.erase.filling import alone
from models.errors import PhotoError
from models.faces.detector import FaceDetector
from models.faces.mesh import LEAST, points_of
from models.picture import Pixels
from presets.catalogue import Catalogue
from presets.pipeline import Pipeline, compile_pipeline

PRESETS = ("beauty_light", "beauty_medium", "beauty_heavy")
_NARROWEST = 60.0  # pixels
_SHOWN = 420  # pixels a side of a face on the sheet


@dataclass(frozen=True, slots=True)
class Measured:
    """One face."""

    name: str
    tone: str
    regions: dict[str, Region]


def figures(face: Measured) -> Iterator[tuple[str, float]]:
    """Yield what is told of a face: names and values."""
    regions = face.regions
    skin = [regions[name] for name in SKIN if name in regions]
    yield "texture cut, %", float(np.mean([region.cut for region in skin]))
    cheeks = [regions[name] for name in CHEEKS if name in regions]
    if len(cheeks) == len(CHEEKS):
        yield "cut, left − right, points", abs(cheeks[0].cut - cheeks[1].cut)
        yield "light, left − right, L*", abs(cheeks[0].lift - cheeks[1].lift)
    lift = float(np.mean([region.lift for region in cheeks]))
    yield "cheeks, ΔL*", lift
    yield "cheeks, ΔE", float(np.mean([np.hypot.reduce(region.lab[1] - region.lab[0]) for region in cheeks]))
    yield "hue, °", max(turn(region) for region in cheeks)
    for part in ("ear", "neck"):
        gaps = [abs(lift - region.lift) for name, region in regions.items() if part in name]
        if gaps:
            yield f"{part} − cheek, ΔL*", max(gaps)
    for part in ("brow", "eye", "lips"):
        ratios = [region.sharpness for name, region in regions.items() if name.endswith(part)]
        if ratios:
            yield f"{part}, gradient ×", min(ratios)


class Portraits:
    """The photos of a folder, retouched and measured."""

    def __init__(self, folder: Path) -> None:
        self._files = sorted(path for path in folder.iterdir() if path.is_file())
        self._detector = FaceDetector()
        self._home = tempfile.TemporaryDirectory(prefix="photobatch-portraits-")
        self._applier = CompiledApplier(Path(self._home.name))

    def measure(self, preset: str) -> Iterator[tuple[Measured, Pixels]]:
        """Yield each face, and its before and after side by side."""
        pipeline = self._pipeline(preset)
        for path in self._files:
            data = path.read_bytes()
            try:
                picture = decode(data, Limits())
            except PhotoError:  # what else is in the folder
                continue
            before = picture.pixels.copy()
            alone(pipeline.run(picture, bytes(32)))
            for face in self._detector.detect(before):
                if face.width < _NARROWEST:
                    continue
                points, certain = points_of(self._detector.mesh, np.ascontiguousarray(_calm(before, face.width)), face)
                if certain < LEAST:
                    continue
                regions = measured(before, picture.pixels, points)
                if any(name in regions for name in CHEEKS):
                    cheek = next(regions[name] for name in CHEEKS if name in regions)
                    yield Measured(path.stem, tone_of(cheek), regions), _pair(before, picture.pixels, face.box)

    def _pipeline(self, preset: str) -> Pipeline:
        return compile_pipeline(
            Catalogue.built_in().resolve(preset, None, {}),
            max_side=None,
            tables=TableCache(Path(self._home.name)),
            applier=self._applier,
            faces=self._detector,
        )


def _calm(pixels: Pixels, width: float) -> Pixels:
    """Blur what the network's view would alias."""
    sigma = width / 128 / 2
    rgb = pixels[:, :, :3]
    return np.asarray(cv2.GaussianBlur(rgb, (0, 0), sigma) if sigma > 0.7 else rgb, np.uint8)


def _pair(before: Pixels, after: Pixels, box: tuple[float, float, float, float]) -> Pixels:
    middle = [int((box[axis] + box[axis + 2]) / 2) for axis in (1, 0)]
    size = [min(_SHOWN, side) for side in before.shape[:2]]
    top, left = (
        min(max(0, at - side // 2), whole - side)
        for at, side, whole in zip(middle, size, before.shape[:2], strict=True)
    )
    parts = [pixels[top : top + size[0], left : left + size[1], :3] for pixels in (before, after)]
    canvas = np.full((_SHOWN, 2 * _SHOWN, 3), 240, np.uint8)
    for index, part in enumerate(parts):
        canvas[: part.shape[0], index * _SHOWN : index * _SHOWN + part.shape[1]] = part
    return canvas


def table(preset: str, faces: list[Measured]) -> Table:
    """Return a table of all faces, and the texture cut by tone."""
    values: dict[str, list[float]] = defaultdict(list)
    for face in faces:
        for name, value in figures(face):
            values[name].append(value)
            if name.startswith("texture"):
                values[f"{name}: {face.tone}"].append(value)
    shown = Table("", "faces", "p5", "p10", "median", "p90", "p95", title=preset, title_justify="left", box=None)
    for name in sorted(values, key=lambda each: (":" in each, each)):
        numbers = np.percentile(values[name], (5, 10, 50, 90, 95))
        shown.add_row(name, str(len(values[name])), *(f"{number:.2f}" for number in numbers))
    return shown


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.portraits", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--presets", default=",".join(PRESETS), help="names with commas between them")
    parser.add_argument("--sheet", type=Path, help="a picture of all faces, before and after the last preset")
    parser.add_argument("--each", action="store_true", help="also say what was measured on each face")
    wanted = parser.parse_args()
    portraits, console, rows = Portraits(wanted.folder), Console(width=120), []
    for preset in wanted.presets.split(","):
        found = list(portraits.measure(preset))
        console.print(table(preset, [face for face, _ in found]))
        for face, _ in found if wanted.each else ():
            console.print(face.name, face.tone, {name: round(value, 2) for name, value in figures(face)})
        rows = [pair for _, pair in found]
    if wanted.sheet and rows:
        cv2.imwrite(str(wanted.sheet), cv2.cvtColor(np.concatenate(rows), cv2.COLOR_RGB2BGR))


if __name__ == "__main__":
    main()
