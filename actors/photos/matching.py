"""What is known of the light of a batch's photos, where that is matched over the batch."""

from actors.messages.records import Json
from actors.photos.compact_json import compact_json


class Matching:
    """The lights of photos, and their shifts. A part of the batch's state.

    Each photo is analysed first. When no more can come, all are matched, and computed with their shifts.
    """

    def __init__(self) -> None:
        self.lights: dict[int, bytes] = {}  # as JSON: see models.shoot
        self.shifts: dict[int, Json | None] = {}  # of those that were matched; None: nothing is to be done
        self.waiting: set[int] = set()  # queued, analysed, and not matched

    def lacks_light(self, index: int) -> bool:
        """Whether a photo is to be analysed."""
        return index not in self.lights and index not in self.shifts

    def lacks_shift(self, index: int) -> bool:
        """Whether a photo is analysed and not matched."""
        return index in self.lights and index not in self.shifts

    def analysed(self, index: int, light: Json) -> None:
        """Note the light of a photo."""
        self.lights[index] = compact_json(light)

    def with_shift(self, index: int, params: Json | None) -> Json | None:
        """Return a photo's own parameters, with its shift unless they name one."""
        shift = self.shifts.get(index)
        return {"shift": shift} | (params or {}) if shift else params
