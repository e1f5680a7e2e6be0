"""The pictures that presets are held to. `python -m tests.presets.golden_pictures` makes them anew: look at them."""

import io
from dataclasses import asdict
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image
from skimage import data

from actors.messages.records import BatchSpec
from actors.worker.pixels import PixelRetoucher
from models.codec.header import Limits
from presets.catalogue import Catalogue

FOLDER = Path(__file__).with_name("golden")
# Where to look: the astronaut's face for beauty, coffee (light, dark, colour) for the rest. Rows, then columns.
CROPS = {
    "beauty": ("astronaut", slice(50, 190), slice(160, 290)),
    "filter": ("coffee", slice(60, 220), slice(150, 330)),
    "erase": ("chelsea", slice(60, 200), slice(60, 220)),
}
WHAT = {"erase": {"regions": {"unit": "px", "boxes": [[100, 100, 70, 24], [90, 150, 12, 12]]}}}  # eye and nose, of fur


def render(preset_id: str, tables: Path) -> npt.NDArray[np.uint8]:
    """Run a preset on its picture the way a worker does, losslessly; return the crop, uint8 (h, w, 3)."""
    preset = Catalogue.built_in().resolve(preset_id, None, WHAT.get(preset_id, {}))
    name, rows, columns = CROPS.get(preset.type, CROPS["filter"])
    source = io.BytesIO()
    Image.fromarray(getattr(data, name)()).save(source, "png")
    retoucher = PixelRetoucher(tables, tables / "models", version="golden", limits=Limits())
    job = BatchSpec("golden", "", preset=asdict(preset), output={"format": "png"}, thumbnails=False)
    result = retoucher.retouch(source.getvalue(), job, None)
    return np.asarray(Image.open(io.BytesIO(result.data)).convert("RGB"))[rows, columns]


def main() -> None:
    """Write every preset's picture."""
    for preset in Catalogue.built_in().list():
        Image.fromarray(render(preset.id, Path("/nonexistent"))).save(FOLDER / f"{preset.id}.png", optimize=True)


if __name__ == "__main__":
    main()
