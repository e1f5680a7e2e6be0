"""The looks that are compared: one that every peer has at its cheapest, and one as most filters are."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Look:
    """A preset with parameters. One that mixes has channels of the result depend on several of the photo's."""

    preset: str
    params: Mapping[str, float] = field(default_factory=dict)
    mixes: bool = False

    @property
    def name(self) -> str:
        """As it is called in results."""
        return ", ".join([self.preset, *(f"{name} {value:g}" for name, value in self.params.items())])


LOOKS = {"curves": Look("filter_warm"), "mixing": Look("filter_warm", {"saturation": 0.2}, mixes=True)}
"""By their names on the command line."""
