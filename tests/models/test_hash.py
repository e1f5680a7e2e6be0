import numpy as np
import torch

from models.eager.noise import noise_on
from models.hash import PositionHash


def noise(*area):
    return PositionHash.of(*area).noise()


def test_a_hash_belongs_to_its_position():
    whole = noise(0, 300, 0, 400, 5)
    assert np.array_equal(noise(100, 50, 30, 7, 5), whole[100:150, 30:37])
    assert not np.array_equal(noise(0, 300, 0, 400, 6), whole)
    assert 0 <= whole.min() < 0.001
    assert 0.999 < whole.max() < 1
    assert np.array_equal(noise(0, 9, 0, 9, -(2**70)), noise(0, 9, 0, 9, -(2**70)))


def test_a_device_computes_the_same():
    place = PositionHash.of(17, 40, 3, 50, 99)
    assert np.array_equal(noise_on(torch.device("cpu"), place).numpy(), place.noise())


def test_a_hash_is_as_even_as_chance_and_neighbours_are_strangers():
    some = noise(4000, 1024, 2000, 1024, 123)
    counts = np.histogram(some, bins=64, range=(0, 1))[0]
    assert np.abs(counts / some.size * 64 - 1).max() < 0.04
    centred = some - some.mean()
    for down, right in [(0, 1), (1, 0), (1, 1), (0, 2), (2, 0), (64, 0), (0, 64)]:
        shifted = np.roll(centred, (down, right), (0, 1))
        assert abs((centred * shifted).mean() / centred.var()) < 0.006, (down, right)
