"""Presets and LUTs made by users: a fold over events, like batches."""

from collections.abc import Callable

from actors.batches.look_events import LookEvent, LutGone, LutKept, PresetGone, PresetKept
from actors.messages.errors import BatchError
from actors.messages.records import Json

JOURNAL_ID = "looks"  # their batch id in the journal; no batch has this id
MOST = 1000  # presets, and LUTs, of one user


class Looks:
    """Presets by user and id, LUTs by user and name.

    A preset belongs to the user who made it. Others see and use it only when it is shared. The id of another user's
    private preset is free, so nobody can find out that it exists. A batch copies its preset when it is accepted, so
    nothing here changes a running batch. Queries and decisions raise BatchError. A decision goes to `record`, which
    calls `apply`, and only `apply` changes the state.
    """

    def __init__(self) -> None:
        self._presets: dict[tuple[str, str], Json] = {}
        self._shared: dict[str, str] = {}  # the owner of each id that is shared
        self._luts: dict[tuple[str, str], Json] = {}
        self.record: Callable[[LookEvent], None]

    def apply(self, event: LookEvent) -> None:
        """Carry an event out."""
        match event:
            case PresetKept(preset):
                self._put(preset)
            case PresetGone():
                self._forget(event.owner or self._owner(event.preset_id), event.preset_id)
            case LutKept(owner, lut):
                self._luts[owner, lut["name"]] = lut
            case LutGone(owner, name):
                self._luts.pop((owner, name), None)

    def _put(self, preset: Json) -> None:
        self._forget(preset["owner"], preset["id"])
        self._presets[preset["owner"], preset["id"]] = preset
        if preset["shared"]:
            self._shared[preset["id"]] = preset["owner"]

    def _forget(self, owner: str, preset_id: str) -> None:
        self._presets.pop((owner, preset_id), None)
        if self._shared.get(preset_id) == owner:
            del self._shared[preset_id]

    def _owner(self, preset_id: str) -> str:
        """Return the owner of a preset, for events of an earlier version, which had unique ids and named no owner."""
        return next((owner for owner, known in self._presets if known == preset_id), "")

    # --- presets --------------------------------------------------------------------------------------------------

    def presets(self, user: str) -> list[Json]:
        """Return the presets that a user may use, by id."""
        own = {preset_id for owner, preset_id in self._presets if owner == user}
        return [self.preset(user, preset_id) for preset_id in sorted(own | self._shared.keys())]

    def preset(self, user: str, preset_id: str) -> Json:
        """Return one preset, the user's own before a shared one; raises `unknown_preset`."""
        preset = self._presets.get((user, preset_id))
        preset = preset or self._presets.get((self._shared.get(preset_id, user), preset_id))
        if preset is None:
            raise BatchError("unknown_preset", f"There is no preset {preset_id!r:.80} that you may use.")
        return preset

    def create_preset(self, user: str, preset: Json, token: str) -> Json:
        """Add a new preset, version 1; raises `preset_exists`, `too_many_presets`.

        `token` identifies the request: a repeated request, whose answer was lost, gets the same answer.
        """
        known = self._presets.get((user, preset["id"]))
        if known is not None and known["token"] == token:
            return known
        if known is not None or preset["id"] in self._shared:
            raise BatchError("preset_exists", f"The id {preset['id']} is taken; choose another one.")
        if sum(owner == user for owner, _ in self._presets) >= MOST:
            raise BatchError("too_many_presets", f"You have {MOST} presets; delete one that you don't need.")
        return self._keep(preset | {"version": 1, "owner": user, "token": token})

    def change_preset(self, user: str, preset: Json, token: str) -> Json:
        """Replace a preset; its version grows.

        Raises `unknown_preset`, `forbidden`, and `preset_exists` if it becomes shared and its id is shared already.
        """
        known = self._own(user, preset["id"])
        if known["token"] == token:
            return known
        if preset["shared"] and self._shared.get(preset["id"], user) != user:
            raise BatchError(
                "preset_exists", f"Somebody else shares a preset {preset['id']}; duplicate yours to another id."
            )
        return self._keep(preset | {"version": known["version"] + 1, "owner": user, "token": token})

    def delete_preset(self, user: str, preset_id: str) -> None:
        """Delete a preset; batches keep their copies. Raises `unknown_preset`, `forbidden`."""
        self._own(user, preset_id)
        self.record(PresetGone(owner=user, preset_id=preset_id))

    def _own(self, user: str, preset_id: str) -> Json:
        preset = self.preset(user, preset_id)
        if preset["owner"] != user:
            raise BatchError("forbidden", f"The preset {preset_id} is somebody else's; duplicate it and change yours.")
        return preset

    def _keep(self, preset: Json) -> Json:
        self.record(PresetKept(preset))
        return preset

    # --- LUTs -----------------------------------------------------------------------------------------------------

    def luts(self, user: str) -> list[Json]:
        """Return a user's LUTs by name."""
        return [lut for (owner, _), lut in sorted(self._luts.items()) if owner == user]

    def lut(self, user: str, name: str) -> Json:
        """Return one of a user's LUTs; raises `unknown_lut`."""
        found = self._luts.get((user, name))
        if found is None:
            raise BatchError("unknown_lut", f"There is no LUT {name!r:.80}; POST /api/v1/luts?name= brings one.")
        return found

    def check_lut(self, user: str, sha256: str) -> None:
        """Raise `unknown_lut` unless these bytes are a LUT of the user, or of a preset that the user may use."""
        named = (preset["params"].get("lut") for preset in self.presets(user))
        if sha256 not in {*named, *(lut["sha256"] for lut in self.luts(user))}:
            raise BatchError(
                "unknown_lut", "There is no such LUT that you may use; POST /api/v1/luts?name= brings one."
            )

    def put_lut(self, user: str, lut: Json) -> Json:
        """Store a LUT under its name; presets made with an earlier LUT of that name keep the earlier one."""
        if (user, lut["name"]) not in self._luts and sum(owner == user for owner, _ in self._luts) >= MOST:
            raise BatchError("too_many_presets", f"You have {MOST} LUTs; delete one that you don't need.")
        self.record(LutKept(user, lut))
        return lut

    def delete_lut(self, user: str, name: str) -> None:
        """Remove a LUT's name; presets and batches that use the LUT keep it. Raises `unknown_lut`."""
        self.lut(user, name)
        self.record(LutGone(user, name))
