"""Before and after of five looks, for the READMEs: `python -m benchmarks.pages.before_after [OUT.jpg]`.

Photos are above, their results below. By default the picture is docs/pictures/before-after.jpg.
"""

import argparse
import io
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path

from PIL import Image

from actors.messages.records import BatchSpec, Json
from actors.worker.pixels import PixelRetoucher
from benchmarks.photos.erase_jobs import photo_of
from models.codec.header import Limits
from presets.catalogue import Catalogue

_OUT = Path(__file__).parents[2] / "docs" / "pictures" / "before-after.jpg"
_SIDE, _GAP = 330, 6  # pixels of a picture, and between two
_ENLARGED = 4  # the photos of scikit-image have about 500 pixels
_PAPER = (255, 255, 255)
_QUALITY = 86


@dataclass(frozen=True, slots=True)
class Shown:
    """A look, on a square part of a photo: left, top and side, in pixels of the photo as scikit-image has it."""

    preset: str
    photo: str
    part: tuple[int, int, int]
    params: Json = field(default_factory=dict)


_MASTS: Json = {"regions": {"unit": "fraction", "boxes": [[0.665, 0.2, 0.085, 0.64], [0.26, 0.2, 0.07, 0.64]]}}
# Licences of the photos: docs/benchmarks.md.
SHOWN = (
    Shown("beauty_heavy", "astronaut", (150, 28, 156)),
    Shown("color_mono", "chelsea", (60, 0, 300)),
    Shown("color_vintage", "coffee", (90, 0, 400)),
    Shown("filter_night", "rocket", (110, 0, 427)),
    Shown("erase", "rocket", (110, 0, 427), _MASTS),
)


def make(out: Path) -> None:
    """Write the picture to `out`, as JPEG."""
    wide, high = len(SHOWN) * (_SIDE + _GAP) - _GAP, 2 * _SIDE + _GAP
    sheet = Image.new("RGB", (wide, high), _PAPER)
    with tempfile.TemporaryDirectory(prefix="photobatch-before-after-") as folder:
        retoucher = PixelRetoucher(Path(folder), Path(folder), version="docs", limits=Limits())
        for column, shown in enumerate(SHOWN):
            for row, picture in enumerate(_pair(retoucher, shown)):
                sheet.paste(picture, (column * (_SIDE + _GAP), row * (_SIDE + _GAP)))
    out.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(out, quality=_QUALITY, optimize=True)


def _pair(retoucher: PixelRetoucher, shown: Shown) -> tuple[Image.Image, Image.Image]:
    photo = Image.fromarray(photo_of(shown.photo))
    photo = photo.resize((photo.width * _ENLARGED, photo.height * _ENLARGED), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    photo.save(file, "jpeg", quality=95)
    preset = Catalogue.built_in().resolve(shown.preset, None, shown.params)
    done = retoucher.retouch(file.getvalue(), BatchSpec("docs", "", asdict(preset), {}, thumbnails=False), None)
    before, after = (_part(picture, shown) for picture in (photo, Image.open(io.BytesIO(done.data)).convert("RGB")))
    return before, after


def _part(picture: Image.Image, shown: Shown) -> Image.Image:
    left, top, side = (_ENLARGED * pixels for pixels in shown.part)
    return picture.resize((_SIDE, _SIDE), Image.Resampling.LANCZOS, (left, top, left + side, top + side))


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.pages.before_after", description="Before and after of five looks."
    )
    parser.add_argument("out", type=Path, nargs="?", default=_OUT)
    out = parser.parse_args().out
    make(out)
    print(f"{out}: {len(SHOWN)} looks, {out.stat().st_size / 1e3:.0f} KB")


if __name__ == "__main__":
    main()
