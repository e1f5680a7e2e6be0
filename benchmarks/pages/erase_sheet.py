"""What erase does without weights: `python -m benchmarks.pages.erase_sheet [OUT.jpg]`, by default docs/erase.jpg.

Each job is shown three times, pixel for pixel: the photo with the outline of what is marked, filled by OpenCV's method,
and filled by patches.
"""

import argparse
import tempfile
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from benchmarks.photos.erase_jobs import Job, jobs
from models.compiled.patches.patches import Patches
from models.erase.erase import Erase
from models.erase.fill import Inpainter, Telea
from models.erase.filling import alone
from models.picture import Picture, Pixels, Source

_OUT = Path(__file__).parents[2] / "docs" / "erase.jpg"
_WIDE, _HIGH = 250, 230  # pixels of a picture
_COLUMNS = 2
_GAP, _LINE = 8, 18  # pixels between pictures; height of a label
_PAPER, _INK, _MOUNT, _OUTLINE = (250, 249, 246), (40, 40, 44), (225, 224, 220), (255, 0, 90)
_QUALITY = 90
_SEED = 7


def make(out: Path) -> int:
    """Write the sheet to `out`; returns how many jobs are on it."""
    shown = list(jobs())
    with tempfile.TemporaryDirectory(prefix="photobatch-erase-") as folder:
        patches = Patches(Path(folder))
        rows = [[_outlined(job), erased(job, Telea()), erased(job, patches)] for job in shown]
    wide, high = 3 * (_WIDE + 2) + _GAP, _LINE + _HIGH + _GAP
    lines = -(-len(shown) // _COLUMNS)
    sheet = Image.new("RGB", (_COLUMNS * wide + _GAP, lines * high + _GAP), _PAPER)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(size=12)
    for index, (job, pictures) in enumerate(zip(shown, rows, strict=True)):
        line, column = divmod(index, _COLUMNS)
        left, top = _GAP + column * wide, _GAP + line * high
        for picture, label in zip(pictures, (job.name, "OpenCV", "patches"), strict=True):
            draw.text((left, top), label, _INK, font)
            sheet.paste(_cut(picture, job), (left, top + _LINE))
            left += _WIDE + 2
    sheet.save(out, quality=_QUALITY)
    return len(shown)


def erased(job: Job, inpainter: Inpainter) -> Pixels:
    """Return the photo without what is marked, uint8 (h, w, 3)."""
    pixels = np.dstack([job.photo, np.full(job.mask.shape, 255, np.uint8)])
    picture = Picture(pixels, Source("png", pixels.shape[1], pixels.shape[0]))
    alone(Erase(inpainter).run(picture, job.mask, _SEED))
    return np.ascontiguousarray(pixels[:, :, :3])


def _outlined(job: Job) -> Pixels:
    drawn = job.photo.copy()
    outlines, _ = cv2.findContours(job.mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(drawn, outlines, -1, _OUTLINE, 1)
    return drawn


def _cut(picture: Pixels, job: Job) -> Image.Image:
    """The part around what is marked, on grey where the photo is smaller."""
    x, y, w, h = cv2.boundingRect(job.mask)
    height, width = job.mask.shape
    left = max(0, min(x + (w - _WIDE) // 2, width - _WIDE))
    top = max(0, min(y + (h - _HIGH) // 2, height - _HIGH))
    mount = Image.new("RGB", (_WIDE, _HIGH), _MOUNT)
    mount.paste(Image.fromarray(picture[top : top + _HIGH, left : left + _WIDE]))
    return mount


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.pages.erase_sheet", description="Erase, before and after."
    )
    parser.add_argument("out", type=Path, nargs="?", default=_OUT)
    out = parser.parse_args().out
    shown = make(out)
    print(f"{out}: {shown} jobs, {out.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
