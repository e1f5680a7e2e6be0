"""One shoot, one light: exposure and white balance of many photos, matched over the set.

    lights = [analyse(data, limits) for data in photos]     # anywhere, in any order; None for a photo that fails
    shifts = match(lights)                                   # once, in the order of the batch
    params = shifts[i].scaled(strength).as_params()          # {"shift": {…}}, or {} where nothing is to be done

`analyse` takes the bytes of a file and returns a `Light`, a record of under a hundred numbers (`to_json`,
`Light.from_json`). `match` sorts lights into scenes and returns a `Shift` for each photo. The parameter `shift` of the
types beauty, filter and color carries it out, before the look and whatever the strength of that; the type erase has
none. As a photo's own parameter it is part of what reuse compares, and of the lineage in the manifest.
`models.shoot.light` needs no numpy.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.shoot.analysis import analyse as analyse
    from models.shoot.light import Light as Light
    from models.shoot.light import Shift as Shift
    from models.shoot.matching import match as match

_HOMES = {"analyse": "analysis", "Light": "light", "Shift": "light", "match": "matching"}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(name)
    return getattr(import_module(f"models.shoot.{_HOMES[name]}"), name)
