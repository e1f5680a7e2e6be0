from itertools import pairwise

import numpy as np

from models.eager.applier import EagerApplier
from models.finish import Finish
from models.picture import Picture, Source
from models.texture import Grain, Vignette


def flat(level, height=300, width=400):
    pixels = np.full((height, width, 4), level, np.uint8)
    return Picture(pixels, Source("png", width, height))


def after(op, picture, seed=1):
    pixels, state = picture.pixels.copy(), op.analyse(*picture.pixels.shape[:2])
    finish = Finish(vignette=state) if isinstance(op, Vignette) else Finish(grain=state)
    EagerApplier("cpu").finish(pixels, finish, seed)
    return pixels[..., :3].astype(float)


def test_a_vignette_darkens_smoothly_towards_the_corners():
    result = after(Vignette(0.5), flat(200))[..., 1]
    assert abs(result[148:152, 198:202].mean() - 200) < 1
    corners = [result[:5, :5], result[-5:, :5], result[:5, -5:], result[-5:, -5:]]
    assert np.ptp([corner.mean() for corner in corners]) < 1.5
    assert corners[0].mean() < 200 * 0.7
    diagonal = np.array([result[3 * i : 3 * i + 6, 4 * i : 4 * i + 8].mean() for i in range(0, 49)])
    assert (np.diff(diagonal) > -0.5).all()


def test_a_vignette_looks_the_same_at_any_scale():
    small, large = (after(Vignette(0.7), flat(200, 30 * k, 40 * k)) for k in (4, 16))
    shrunk = large.reshape(120, 4, 160, 4, 3).mean(axis=(1, 3))
    assert np.abs(shrunk - small).max() < 1.5


def test_grain_is_neutral_and_keeps_the_brightness():
    change = after(Grain(0.5), flat(128)) - 128
    assert abs(change.mean()) < 0.3
    assert 4 < change.std() < 12
    assert np.abs(change[..., 0] - change[..., 2]).max() <= 1


def test_grain_is_strongest_in_the_mid_tones_and_absent_in_black_and_white():
    spread = [after(Grain(1), flat(level)).std() for level in (0, 40, 128, 215, 255)]
    assert spread[0] == spread[4] == 0
    assert 0 < spread[1] < spread[2] > spread[3] > 0


def test_grain_belongs_to_the_photo():
    same, again, other = (after(Grain(0.5), flat(128), seed) for seed in (1, 1, 2))
    assert (same == again).all()
    assert np.corrcoef(same.ravel(), other.ravel())[0, 1] < 0.1


def test_grain_grows_with_the_picture():
    def neighbours(width):
        noise = after(Grain(1), flat(128, 60, width))[..., 1] - 128
        return (noise[:, :-1] * noise[:, 1:]).mean() / noise.var()

    assert abs(neighbours(1500)) < 0.05
    assert neighbours(6000) > 0.5


def test_grain_shows_no_lattice():
    noise = after(Grain(1), flat(128, 300, 4000))[..., 1] - 128
    by_column = noise.std(axis=0)[:3998].reshape(-1, 2).mean(axis=0)
    assert abs(by_column[0] / by_column[1] - 1) < 0.03


def test_grain_shows_no_seams_between_its_bands():
    noise = after(Grain(1), flat(128, 600, 4032))[..., 1].astype(np.float64) - 128
    alike = [np.corrcoef(upper, lower)[0, 1] for upper, lower in pairwise(noise)]
    assert min(alike) > 0.5, "a row that has nothing to do with the next is a line in the picture"
    far = [abs(np.corrcoef(noise[y], noise[y + 127])[0, 1]) for y in range(400)]
    assert max(far) < 0.2, "no band looks like the one before"
