"""The looks of portraits, on a face."""

import numpy as np
import pytest
from skimage import color, data

from tests.presets.swatches import RAMP, Colours, graded, lch, run

FACE = np.ascontiguousarray(data.astronaut()[:260, 90:350])
CHEEK = (slice(130, 150), slice(112, 126))  # of FACE


def face(preset_id: str) -> Colours:
    return run(preset_id, frozenset(), FACE.tobytes(), len(FACE))


def test_natural_changes_skin_less_than_light_beauty() -> None:
    natural, light = (
        np.abs(face(look).astype(int) - FACE)[CHEEK].mean() for look in ("beauty_natural", "beauty_light")
    )
    assert 0 < natural < light / 2


@pytest.mark.parametrize("preset_id", ["beauty_soft", "beauty_fresh"])
def test_portraits_get_lighter_and_nothing_turns_plain_white(preset_id: str) -> None:
    before, after = lch(FACE)[:, 0], lch(face(preset_id))[:, 0]
    assert after.mean() > before.mean() + 1
    assert (face(preset_id).min(axis=2) == 255).mean() <= (FACE.min(axis=2) == 255).mean() + 1e-4


def test_soft_is_low_in_contrast_and_fresh_cooler() -> None:
    assert lch(face("beauty_soft"))[:, 0].std() < lch(FACE)[:, 0].std() * 0.95
    grey = color.rgb2lab(graded("beauty_fresh", RAMP[150:151])[None])[0, 0]
    assert grey[2] < -1
