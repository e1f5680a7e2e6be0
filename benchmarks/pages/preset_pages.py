"""Generates docs/presets.md, with demo photos of every preset: `python -m benchmarks.pages.preset_pages [DOCS]`.

The text before the first preset and after the last one is in this file; names, descriptions and
parameters come from presets/built_in, pictures from the presets themselves.
"""

import argparse
import io
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from PIL import Image, ImageOps

from actors.messages.records import BatchSpec, Json
from actors.worker.pixels import PixelRetoucher
from benchmarks.photos import demo_photos
from models.codec.header import Limits
from presets.catalogue import Catalogue, Preset
from presets.params import PARAMS

_DOCS = Path(__file__).parents[2] / "docs"
_HEIGHT = 420  # pixels of a picture on the page
_QUALITY = 85
_HEAD = """# Presets

The built-in presets, before (left) and after (right); `python -m benchmarks.pages.preset_pages` makes this page from
demo photos. Every parameter can be overridden, a type alone starts from neutral, and a preset can be duplicated and
changed.
"""
_TAIL = """
## Parameters

All are optional and neutral by default.

| type | parameters |
| - | - |
| `beauty` | inside faces {beauty}; which faces: [`faces`](looks.md#faces); and all of `color` for the whole photo |
| `filter`, `color` | {color} |
| `erase` | {erase} |
"""


@dataclass(frozen=True, slots=True)
class Scene:
    """The photo, and its part, that shows a type of presets, or a preset, well."""

    photo: int
    crop: tuple[float, float, float, float]  # left, top, right, bottom in parts of the photo
    params: Json


_SCENES = {
    "beauty": Scene(0, (0.17, 0.0, 0.62, 0.5), {}),
    "filter": Scene(1, (0.0, 0.0, 1.0, 1.0), {}),
    "color": Scene(3, (0.0, 0.0, 1.0, 1.0), {}),
    "filter_sky": Scene(5, (0.0, 0.0, 1.0, 0.75), {}),
    "filter_night": Scene(5, (0.0, 0.25, 1.0, 1.0), {}),
    "color_film": Scene(0, (0.0, 0.0, 1.0, 1.0), {}),
    "color_cinema": Scene(0, (0.0, 0.0, 1.0, 1.0), {}),
    "erase": Scene(5, (0.0, 0.1, 0.7, 0.75), {"regions": {"unit": "fraction", "boxes": [[0.1, 0.12, 0.17, 0.86]]}}),
}


def write(docs: Path) -> None:
    """Write docs/presets.md and its pictures in docs/presets/."""
    pictures = docs / "presets"
    pictures.mkdir(parents=True, exist_ok=True)
    page = [_HEAD]
    with tempfile.TemporaryDirectory(prefix="photobatch-presets-") as folder:
        photos = demo_photos.make(Path(folder), 6, demo_photos.Recipe(megapixels=3.0))
        retoucher = PixelRetoucher(Path(folder), Path(folder), version="docs", limits=Limits())
        for preset in Catalogue.built_in().list():
            (pictures / f"{preset.id}.jpg").write_bytes(_pair(retoucher, preset, photos))
            page.append(_section(preset))
    page.append(_tail())
    (docs / "presets.md").write_text("\n".join(page), encoding="utf-8")


def _pair(retoucher: PixelRetoucher, preset: Preset, photos: list[Path]) -> bytes:
    """Before and after, side by side, as JPEG."""
    scene = _SCENES.get(preset.id) or _SCENES[preset.type]
    file = photos[scene.photo]
    resolved = Catalogue.built_in().resolve(preset.id, None, scene.params)
    done = retoucher.retouch(file.read_bytes(), BatchSpec("docs", "", asdict(resolved), {}, thumbnails=False), None)
    before, after = (_part(data, scene.crop) for data in (file.read_bytes(), done.data))
    width = round(before.width * _HEIGHT / before.height)
    sheet = Image.new("RGB", (2 * width + 8, _HEIGHT), (255, 255, 255))
    for place, picture in enumerate((before, after)):
        sheet.paste(picture.resize((width, _HEIGHT), Image.Resampling.LANCZOS), (place * (width + 8), 0))
    target = io.BytesIO()
    sheet.save(target, "jpeg", quality=_QUALITY, optimize=True)
    return target.getvalue()


def _part(data: bytes, crop: tuple[float, float, float, float]) -> Image.Image:
    photo = ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB")
    left, right = (round(share * photo.width) for share in crop[::2])
    top, bottom = (round(share * photo.height) for share in crop[1::2])
    return photo.crop((left, top, right, bottom))


def _section(preset: Preset) -> str:
    params = ", ".join(f"`{name}` {value:g}" for name, value in preset.params.items() if not isinstance(value, dict))
    also = "".join(f", `{name}`" for name, value in preset.params.items() if isinstance(value, dict))
    return (
        f"\n## {preset.name['zh']} · {preset.name['en']} (`{preset.id}`)\n\n{preset.description['en']}\n"
        f"{preset.description['zh']}\n\n![{preset.id}, before and after](presets/{preset.id}.jpg)\n\n"
        f"Type `{preset.type}`, version {preset.version}: {params}{also}.\n"
    )


def _tail() -> str:
    colour = set(PARAMS["color"].model_fields)
    names = {kind: set(PARAMS[kind].model_fields) for kind in ("beauty", "color", "erase")}
    names["beauty"] -= colour | {"faces"}
    return _TAIL.format(**{kind: ", ".join(f"`{name}`" for name in sorted(found)) for kind, found in names.items()})


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.pages.preset_pages", description="Write docs/presets.md."
    )
    parser.add_argument("docs", type=Path, nargs="?", default=_DOCS)
    write(parser.parse_args().docs)


if __name__ == "__main__":
    main()
