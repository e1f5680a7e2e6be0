"""The compared looks: one that is cheapest for every peer, one like most filters, and one of faces."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Look:
    """A preset, or only a type, with parameters. In a mixing look a channel depends on several channels of the photo.

    A look of faces is encoded by us as the preset says, not at the quality of the peers: only changed blocks are.
    """

    preset: str | None
    params: Mapping[str, float] = field(default_factory=dict)
    mixes: bool = False
    faces: bool = False
    preset_type: str | None = None

    @property
    def name(self) -> str:
        """The name in results."""
        first = self.preset or f"a {self.preset_type}"
        return ", ".join([first, *(f"{name} {value:g}" for name, value in self.params.items())])


COLOURS = {
    "curves": Look(None, {"temperature": 0.55}, preset_type="filter"),
    "mixing": Look(None, {"temperature": 0.55, "saturation": 0.2}, mixes=True, preset_type="filter"),
}
LOOKS = COLOURS | {"faces": Look("beauty_light", faces=True)}
"""The looks by their names on the command line."""
