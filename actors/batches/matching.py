"""What is known of the light of a batch's photos, where that is matched over the batch."""

from actors.batches.compact_json import compact_json
from actors.messages.records import Json


class Matching:
    """The lights of photos, and their shifts. A part of the batch's state.

    Each photo is analysed first. When no more can come, all are matched, and computed with their shifts.
    """

    def __init__(self) -> None:
        self.lights: dict[int, bytes] = {}  # as JSON: see models.shoot
        self.shifts: dict[int, Json | None] = {}  # of those that were matched; None: nothing is to be done
        self.waiting: set[int] = set()  # analysed, and not matched

    def wants(self, index: int) -> bool:
        """Whether a photo is to be analysed."""
        return index not in self.lights and index not in self.shifts

    def analysed(self, index: int, light: Json) -> None:
        """Note the light of a photo, which waits from now on."""
        self.lights[index] = compact_json(light)
        self.waiting.add(index)

    def matched(self, index: int, shift: Json | None) -> bool:
        """Note the shift of a photo; False if it does not wait for one."""
        if index not in self.waiting:
            return False
        self.waiting.discard(index)
        self.shifts[index] = shift
        return True

    def with_shift(self, index: int, params: Json | None) -> Json | None:
        """Return a photo's own parameters, with its shift unless they name one."""
        shift = self.shifts.get(index)
        return {"shift": shift} | (params or {}) if shift else params
