"""docs/presets.md shows what there is."""

from pathlib import Path

from PIL import Image

from presets.catalogue import Catalogue
from presets.params import PARAMS

DOCS = Path(__file__).parents[2] / "docs"


def test_every_preset_and_parameter_is_on_the_page_as_it_is() -> None:
    page = (DOCS / "presets.md").read_text(encoding="utf-8")
    for preset in Catalogue.built_in().list():
        section = page.partition(f"(`{preset.id}`)")[2].partition("\n## ")[0]
        assert preset.description["en"] in section
        assert f"version {preset.version}:" in section, "run python -m benchmarks.pages.preset_pages"
        for name, value in preset.params.items():
            assert f"`{name}`" in section
            assert isinstance(value, dict) or f"`{name}` {value:g}" in section
        with Image.open(DOCS / "presets" / f"{preset.id}.jpg") as picture:
            assert picture.height == 420
    for model in PARAMS.values():
        assert all(f"`{name}`" in page for name in model.model_fields)
