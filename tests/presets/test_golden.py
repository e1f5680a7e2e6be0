"""The built-in presets still look the way somebody judged them to be right."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from presets.catalogue import Catalogue
from tests.presets.golden_pictures import FOLDER, render


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for all tests here: the compiled library and tables are made once."""
    return tmp_path_factory.mktemp("folder")


@pytest.mark.parametrize("preset_id", [preset.id for preset in Catalogue.built_in().list()])
def test_a_preset_looks_as_it_did(preset_id: str, folder: Path) -> None:
    golden = np.asarray(Image.open(FOLDER / f"{preset_id}.png").convert("RGB")).astype(np.int16)
    off = np.abs(render(preset_id, folder).astype(np.int16) - golden)
    assert off.mean() < 0.5, "another look, not another rounding"
    assert np.percentile(off, 99.9) <= 3
