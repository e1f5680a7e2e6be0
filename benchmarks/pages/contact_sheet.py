"""Before and after on one picture.

`python -m benchmarks.pages.contact_sheet BEFORE_DIR AFTER_DIR OUT.png [--count 8]`

Each cell shows a whole photo and, pixel for pixel, its largest face (or its centre):
before on the left, after on the right.
"""

import argparse
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageOps

from models.faces.detector import FaceDetector

_MOST_BYTES = 3_000_000
_LARGEST = 320  # side of a detail in pixels, less if the file would be too large
_PHOTO_TYPES = {".jpg", ".jpeg", ".png", ".webp", ".avif", ".tif", ".tiff", ".bmp", ".gif"}
_PAPER, _INK, _MOUNT = (250, 249, 246), (40, 40, 44), (225, 224, 220)
_GOLDEN = 0.6180339887498949  # multiples modulo 1 are evenly spread for any number
_GAP, _LINE = 12, 18  # pixels between pictures; height of a label


@dataclass(frozen=True, slots=True)
class View:
    """The views of one picture: the whole, reduced, and a detail at full size."""

    whole: Image.Image
    detail: Image.Image


@dataclass(frozen=True, slots=True)
class Pair:
    """A photo and its result."""

    name: str
    before: View
    after: View
    has_face: bool


def make(before: Path, after: Path, out: Path, count: int = 8) -> int:
    """Writes the sheet to `out`, at most 3 MB; says how many pairs are on it."""
    pairs = _choose(list(_matching(before, after)), count)
    if not pairs:
        raise FileNotFoundError(f"no photo of {before} has its result in {after}")
    out.parent.mkdir(parents=True, exist_ok=True)
    side = _LARGEST
    while (size := len(png := _png(pairs, side))) > _MOST_BYTES:
        side = min(side - 4, int(side * (0.98 * _MOST_BYTES / size) ** 0.5))
    out.write_bytes(png)
    return len(pairs)


def _matching(before: Path, after: Path) -> Iterator[tuple[Path, Path]]:
    """Files of the same relative path; else the only one of the same stem."""
    for path in sorted(before.rglob("*")):
        if path.suffix.lower() not in _PHOTO_TYPES:
            continue
        twin = after / path.relative_to(before)
        if not twin.exists():
            twins = sorted(twin.parent.glob(f"{path.stem}.*"))
            if len(twins) != 1:
                continue
            twin = twins[0]
        yield path, twin


def _choose(files: list[tuple[Path, Path]], count: int) -> list[Pair]:
    """Spread over the folder; three quarters with a face and a quarter without, if available."""
    if not files:
        return []
    spread = list(dict.fromkeys(int(len(files) * (step * _GOLDEN % 1)) for step in range(3 * count)))
    detector, faces, others = FaceDetector(), list[Pair](), list[Pair]()
    for index in spread:
        pair = _open(*files[index], detector)
        (faces if pair.has_face else others).append(pair)
        if len(faces) >= count - count // 4 and len(others) >= count // 4:
            break
    kept = faces[: count - min(len(others), count // 4)]
    return sorted(kept + others[: count - len(kept)], key=lambda pair: pair.name)


def _open(before: Path, after: Path, detector: FaceDetector) -> Pair:
    old, new = _upright(before), _upright(after)
    found = detector.detect(np.asarray(old.convert("RGBA")))
    x, y = old.width / 2, old.height / 2
    if found:
        eye, _, nose, *_ = found[0].landmarks
        x, y = (eye[0] + nose[0]) / 2, (eye[1] + nose[1]) / 2
    # A result that was resized shows the same place.
    moved = (x * new.width / old.width, y * new.height / old.height)
    return Pair(before.name, _view(old, (x, y)), _view(new, moved), bool(found))


def _upright(path: Path) -> Image.Image:
    with Image.open(path) as image:
        return ImageOps.exif_transpose(image).convert("RGB")


def _view(image: Image.Image, point: tuple[float, float]) -> View:
    """The detail is around `point`, moved inside the picture."""
    width, height = min(_LARGEST, image.width), min(_LARGEST, image.height)
    x = min(max(0, int(point[0]) - width // 2), image.width - width)
    y = min(max(0, int(point[1]) - height // 2), image.height - height)
    detail = image.crop((x, y, x + width, y + height))
    image.thumbnail((_LARGEST, _LARGEST * 3 // 4))
    return View(image, detail)


def _png(pairs: list[Pair], side: int) -> bytes:
    png = io.BytesIO()
    _sheet(pairs, side).save(png, "PNG", optimize=True)
    return png.getvalue()


def _sheet(pairs: list[Pair], side: int) -> Image.Image:
    """Cells in rows of up to four; `side` is the width and height of a detail."""
    columns = min(4, len(pairs))
    width, height = 2 * side + _GAP // 3, _LINE + side * 3 // 4 + _GAP // 3 + side
    rows = -(-len(pairs) // columns)
    sheet = Image.new("RGB", (columns * (width + _GAP) + _GAP, rows * (height + _GAP) + _GAP), _PAPER)
    for index, pair in enumerate(pairs):
        row, column = divmod(index, columns)
        _cell(sheet, pair, (_GAP + column * (width + _GAP), _GAP + row * (height + _GAP)), side)
    return sheet


def _cell(sheet: Image.Image, pair: Pair, corner: tuple[int, int], side: int) -> None:
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(size=12)
    left, top = corner
    for view, label in ((pair.before, f"{pair.name}: before"), (pair.after, "after")):
        draw.text((left, top), label, _INK, font)
        whole = view.whole.copy()
        whole.thumbnail((side, side * 3 // 4))
        sheet.paste(_mounted(whole, (side, side * 3 // 4)), (left, top + _LINE))
        sheet.paste(_mounted(view.detail, (side, side)), (left, top + _LINE + side * 3 // 4 + _GAP // 3))
        left += side + _GAP // 3


def _mounted(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The middle of `image`, on grey where it is smaller than `size`."""
    mount = Image.new("RGB", size, _MOUNT)
    mount.paste(image, ((size[0] - image.width) // 2, (size[1] - image.height) // 2))
    return mount


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pages.contact_sheet", description="Before and after.")
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=8)
    wanted = parser.parse_args()
    shown = make(wanted.before, wanted.after, wanted.out, wanted.count)
    size = wanted.out.stat().st_size / 1e6
    print(f"contact sheet: {wanted.out} ({shown} photos, {size:.1f} MB; details pixel for pixel)")


if __name__ == "__main__":
    main()
