"""Which photos of a set show the same things in the same place, so that their light can be compared."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from models.shoot.aligned import Palettes, aligned
from models.shoot.light import Light

AGREE = 0.73  # of palettes of the same things, 0..1; of different ones, one pair in a hundred has more
_BACK = 4  # photos before one that it is compared with, so that two things may be taken in turns
_PAUSE_S = 900.0  # after which a scene has ended
_JUMP_EV = 2.5  # between the brightness of scenes, if cameras tell it


def in_order(lights: Sequence[Light]) -> list[int]:
    """Return the numbers of photos by time; one without a time stays behind the one before it."""
    times, last = [], -np.inf
    for light in lights:
        last = last if light.taken is None else light.taken
        times.append(last)
    return sorted(range(len(lights)), key=lambda number: (times[number], number))


def scenes(lights: Sequence[Light], palettes: Palettes) -> list[npt.NDArray[np.intp]]:
    """Return the photos of each scene with more than one, by time.

    Each photo is compared with the few before it, so the time grows with the number of photos.
    """
    order = in_order(lights)
    above = list(range(len(lights)))  # a forest: each photo's scene is its root

    def root(number: int) -> int:
        while above[number] != number:
            above[number] = number = above[above[number]]
        return number

    for back in range(1, _BACK + 1):
        pairs = [(a, b) for a, b in zip(order, order[back:], strict=False) if _may_join(lights[a], lights[b])]
        if not pairs:
            continue
        before, after = np.array(pairs, np.intp).T
        _, agree = aligned(palettes.some(after), palettes.some(before))
        for a, b, alike in zip(before, after, agree >= AGREE, strict=True):
            if alike:
                above[root(int(b))] = root(int(a))
    members = defaultdict(list)
    for number in order:
        members[root(number)].append(number)
    return [np.array(scene, np.intp) for scene in members.values() if len(scene) > 1]


def _may_join(one: Light, other: Light) -> bool:
    if one.taken is not None and other.taken is not None and abs(one.taken - other.taken) > _PAUSE_S:
        return False
    bright = one.scene_ev, other.scene_ev
    return bright[0] is None or bright[1] is None or abs(bright[0] - bright[1]) <= _JUMP_EV
