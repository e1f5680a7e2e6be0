"""The compared looks: one that is cheapest for every peer, one like most filters, and one of faces."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Look:
    """A preset with parameters. In a mixing look a channel of the result depends on several channels of the photo.

    A look of faces is encoded by us as the preset says, not at the quality of the peers: only changed blocks are.
    """

    preset: str
    params: Mapping[str, float] = field(default_factory=dict)
    mixes: bool = False
    faces: bool = False

    @property
    def name(self) -> str:
        """The name in results."""
        return ", ".join([self.preset, *(f"{name} {value:g}" for name, value in self.params.items())])


COLOURS = {"curves": Look("filter_warm"), "mixing": Look("filter_warm", {"saturation": 0.2}, mixes=True)}
LOOKS = COLOURS | {"faces": Look("beauty_light", faces=True)}
"""The looks by their names on the command line."""
