"""Views of several threads go through a network together, each thread gets its own, and an error reaches all."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from benchmarks.gpu.gathering import Gathering, _Batch


def view(number: float, side: int = 4) -> np.ndarray:
    return np.full((1, 3, side, side), number, np.float32)


def doubled(views: np.ndarray) -> list[np.ndarray]:
    return [views * 2, views[:, 0, 0, 0]]


def test_threads_fill_a_batch_and_each_gets_its_own():
    gathering = Gathering(doubled, 4, wait_s=60)  # nobody waits so long: the batches are full
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(gathering.run, map(view, range(8))))
    for number, (whole, first) in enumerate(found):
        np.testing.assert_array_equal(whole, view(2 * number))
        assert first.tolist() == [number]
    assert gathering.sizes == {4: 2}
    assert gathering.mean == 4


def test_one_alone_does_not_wait_for_ever():
    gathering = Gathering(doubled, 4, wait_s=0.01)
    np.testing.assert_array_equal(gathering.run(view(3))[0], view(6))
    assert gathering.sizes == {1: 1}


def test_views_of_other_sizes_do_not_mix():
    gathering = Gathering(doubled, 2, wait_s=60)
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda n: gathering.run(view(n, side=4 + n % 2)), range(4)))
    assert [one[0].shape for one in found] == [(1, 3, 4 + n % 2, 4 + n % 2) for n in range(4)]
    assert gathering.sizes == {2: 2}


def test_while_a_batch_is_computed_the_next_one_gathers():
    begun, release = threading.Event(), threading.Event()

    def slow(views):
        begun.set()
        assert release.wait(60)
        return [views]

    gathering = Gathering(slow, 4, wait_s=0)
    with ThreadPoolExecutor(4) as threads:
        first = threads.submit(gathering.run, view(0))
        assert begun.wait(60)
        others = [threads.submit(gathering.run, view(number)) for number in (1, 2, 3)]
        while len(next(iter(gathering._open.values()), _Batch()).views) < 3:
            pass
        release.set()
        assert [one.result()[0][0, 0, 0, 0] for one in (first, *others)] == [0, 1, 2, 3]
    assert gathering.sizes == {1: 1, 3: 1}


def test_an_error_reaches_all_that_wait_and_nobody_after_them():
    failing = True

    def compute(views):
        if failing:
            raise RuntimeError("out of memory")
        return [views]

    gathering = Gathering(compute, 3, wait_s=60)
    with ThreadPoolExecutor(3) as threads:
        waiting = [threads.submit(gathering.run, view(number)) for number in range(3)]
        for one in waiting:
            with pytest.raises(RuntimeError, match="out of memory"):
                one.result()
        failing = False
        assert len(list(threads.map(gathering.run, map(view, range(3))))) == 3
