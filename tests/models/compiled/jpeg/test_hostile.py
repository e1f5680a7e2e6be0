"""Whatever the bytes are, nothing breaks, and what libjpeg-turbo refuses is refused."""

import numpy as np
import pytest
import simplejpeg

from models.compiled.jpeg.partial import open_partial
from models.picture import DoubtError
from tests.models.compiled.jpeg.samples import damaged, functions, sample, whole

FILES = {
    "420": sample(48, 48),
    "444": sample(40, 24, "444"),
    "gray": sample(40, 24, "gray"),
    "restarts": sample(48, 48, restart_marker_blocks=2),
}


def looked_at(file: bytes) -> bool:
    """Open, change and write a file; return whether that was possible."""
    jpeg = open_partial(functions(), file, 1, 4)
    if jpeg is None:
        return False
    try:
        jpeg.load(10, 10, 20, 20)
        jpeg.pixels[12:18, 12:18, :3] //= 2
        written = jpeg.written()
    except DoubtError:
        return False
    there, now = whole(file), whole(written.data)
    simplejpeg.decode_jpeg(file, strict=True)  # raises what it refuses
    far = np.ones(there.shape[:2], np.bool_)
    far[:34, :34] = False
    np.testing.assert_array_equal(now[far], there[far])
    return True


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_cut_anywhere_is_left_to_others(name: str) -> None:
    file = FILES[name]
    assert looked_at(file)
    assert [at for at in range(len(file)) if looked_at(file[:at])] == []


@pytest.mark.parametrize("name", FILES)
def test_damage_is_left_to_others_or_decodes_as_libjpeg_does(name: str) -> None:
    assert {looked_at(file) for file in damaged(FILES[name], 3000, seed=5)} == {True, False}
