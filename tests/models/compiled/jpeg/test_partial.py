"""What is not changed in a JPEG stays, to the bit; what is changed becomes what was wanted."""

import io

import cv2
import numpy as np
import pytest
from PIL import Image

from models.compiled.jpeg.partial import open_partial
from models.picture import Written
from models.reduce import reduce_cells
from tests.models.compiled.jpeg.samples import SAMPLINGS, functions, opened, sample, scan_of, whole

SIZES = [(640, 480), (333, 251), (48, 32), (9, 7)]
UPRIGHT = [(name, size) for name in SAMPLINGS for size in SIZES]


def brightened(file: bytes, box: tuple[int, int, int, int], orientation: int = 1, by: int = 25) -> Written:
    jpeg = opened(file, orientation)
    x0, y0, x1, y1 = box
    jpeg.load(*box)
    part = jpeg.pixels[y0:y1, x0:x1, :3]
    part[...] = np.clip(part.astype(int) + by, 0, 255)
    return jpeg.written()


def middle(width: int, height: int) -> tuple[int, int, int, int]:
    return width // 3, height // 3, max(width // 3 + 1, width * 2 // 3), max(height // 3 + 1, height * 2 // 3)


@pytest.mark.parametrize(("subsampling", "size"), UPRIGHT)
def test_pixels_are_those_of_libjpeg(subsampling: str, size: tuple[int, int]) -> None:
    file = sample(*size, subsampling)
    jpeg, box = opened(file), middle(*size)
    jpeg.load(*box)
    x0, y0, x1, y1 = box
    np.testing.assert_array_equal(jpeg.pixels[y0:y1, x0:x1], whole(file)[y0:y1, x0:x1])
    jpeg.load(0, 0, *size)
    np.testing.assert_array_equal(jpeg.pixels, whole(file))


@pytest.mark.parametrize(("subsampling", "size"), UPRIGHT)
def test_without_a_change_the_scan_is_the_source_s(subsampling: str, size: tuple[int, int]) -> None:
    file = sample(*size, subsampling)
    jpeg = opened(file)
    jpeg.load(*middle(*size))
    written = jpeg.written()
    assert (written.blocks, written.how) == (0, "partial")
    assert scan_of(written.data) == scan_of(file)
    np.testing.assert_array_equal(whole(written.data), whole(file))


@pytest.mark.parametrize("restarts", [{}, {"restart_marker_blocks": 7}, {"restart_marker_rows": 1}])
@pytest.mark.parametrize(("subsampling", "size"), UPRIGHT)
def test_only_what_is_changed_changes(subsampling: str, size: tuple[int, int], restarts: dict[str, int]) -> None:
    file, box = sample(*size, subsampling, **restarts), middle(*size)
    written = brightened(file, box)
    assert written.how == "partial"
    before, after = whole(file), whole(written.data)
    x0, y0, x1, y1 = box
    wanted = np.clip(before[y0:y1, x0:x1, :3].astype(int) + 25, 0, 255)
    assert cv2.PSNR(wanted.astype(np.uint8), after[y0:y1, x0:x1, :3]) > 38
    # The MCUs of the box, and the two pixels into which their colours are interpolated.
    far = np.ones(before.shape[:2], np.bool_)
    far[max(0, y0 // 16 * 16 - 2) : -(-y1 // 16) * 16 + 2, max(0, x0 // 16 * 16 - 2) : -(-x1 // 16) * 16 + 2] = False
    np.testing.assert_array_equal(after[far], before[far])
    image = Image.open(io.BytesIO(written.data))
    image.load()


@pytest.mark.parametrize("orientation", range(2, 9))
@pytest.mark.parametrize("subsampling", ["420", "444", "gray"])
def test_a_turned_picture_is_upright_with_the_same_coefficients(subsampling: str, orientation: int) -> None:
    file = sample(640, 480, subsampling)
    wanted = whole(file, orientation)
    width, height = wanted.shape[1], wanted.shape[0]
    jpeg = opened(file, orientation)
    jpeg.load(*middle(width, height))
    written = jpeg.written()
    assert (written.blocks, written.how) == (0, "coefficients")
    # An inverse transform of a turned block may round otherwise; and so may what it is interpolated to.
    assert np.abs(whole(written.data).astype(int) - wanted).max() <= 4
    changed = whole(brightened(file, middle(width, height), orientation).data)
    x0, y0, x1, y1 = middle(width, height)
    assert (
        cv2.PSNR(
            np.clip(wanted[y0:y1, x0:x1].astype(int) + 25, 0, 255).astype(np.uint8)[..., :3], changed[y0:y1, x0:x1, :3]
        )
        > 38
    )
    # Turned back, it has its own coefficients again.
    back = {6: 8, 8: 6}.get(orientation, orientation)
    again = opened(written.data, back)
    again.load(0, 0, 640, 480)
    np.testing.assert_array_equal(whole(again.written().data), whole(file))


@pytest.mark.parametrize(
    ("size", "orientation", "subsampling"),
    [((333, 480), 2, "420"), ((640, 251), 6, "420"), ((333, 251), 3, "444"), ((640, 480), 6, "422")],
)
def test_what_cannot_be_turned_without_loss_is_left_to_others(
    size: tuple[int, int], orientation: int, subsampling: str
) -> None:
    assert open_partial(functions(), sample(*size, subsampling), orientation, 4) is None


def test_codes_that_the_source_lacks_are_added() -> None:
    flat = np.full((64, 64, 3), 120, np.uint8)
    target = io.BytesIO()
    Image.fromarray(flat).save(target, "JPEG", optimize=True, quality=95)
    written = brightened(target.getvalue(), (20, 20, 44, 40), by=60)
    assert written.how == "coefficients"
    assert abs(int(whole(written.data)[30, 30, 0]) - 180) <= 2
    assert abs(int(whole(written.data)[2, 2, 0]) - 120) <= 1


@pytest.mark.parametrize("step", [1, 2, 4, 8, 16])
@pytest.mark.parametrize("orientation", [1, 6])
def test_the_reduced_picture_is_nearly_the_mean_of_cells(step: int, orientation: int) -> None:
    file = sample(640, 480)
    reduced = opened(file, orientation, step).reduced(step)
    wanted = reduce_cells(whole(file, orientation), step)
    assert reduced.shape == wanted.shape
    assert cv2.PSNR(reduced[..., :3].copy(), wanted[..., :3].copy()) > 34


def test_loaded_pixels_stay_as_they_are() -> None:
    jpeg = opened(sample(640, 480))
    jpeg.load(100, 100, 200, 200)
    jpeg.pixels[120:130, 120:130] = 7
    jpeg.load(0, 0, 300, 300)
    assert (jpeg.pixels[120:130, 120:130] == 7).all()
    before = whole(sample(640, 480))
    np.testing.assert_array_equal(jpeg.pixels[0:100, 0:300], before[0:100, 0:300])
    changed = whole(jpeg.written().data)
    np.testing.assert_array_equal(changed[300:], before[300:])
    assert np.abs(changed[122:128, 122:128, :3].astype(int) - 7).max() < 40


@pytest.mark.parametrize("options", [{"progressive": True}, {"keep_rgb": True}])
def test_other_kinds_of_files_are_left_to_others(options: dict[str, int]) -> None:
    assert open_partial(functions(), sample(64, 48, "444", **options), 1, 4) is None
