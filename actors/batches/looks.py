"""The presets and LUTs that people made: a fold over events, as batches are."""

import time
from collections.abc import Callable

from actors.messages.errors import BatchError, later_version
from actors.messages.records import Json

JOURNAL_ID = "looks"  # what the journal calls them; no batch has such an id
MOST = 1000  # presets, and LUTs, of one user


class Looks:
    """Presets by user and id, LUTs by user and name.

    A preset belongs to whoever made it; others see it, and work with it, only when it is shared. Ids that others keep
    to themselves are free: they can't be told from those that there are not. What a batch works
    with is copied into it when it is accepted, so nothing here changes a running batch. Questions and decisions raise
    BatchError; a decision is handed to `record`, which calls `apply`, and `apply` alone changes anything.
    """

    def __init__(self) -> None:
        self._presets: dict[tuple[str, str], Json] = {}
        self._shared: dict[str, str] = {}  # the owner of each id that is shared
        self._luts: dict[tuple[str, str], Json] = {}
        self.record: Callable[[Json], None]

    def apply(self, event: Json) -> None:
        """Carry an event out."""
        match event["e"]:
            case "preset":
                self._put(event["preset"])
            case "preset_gone":
                self._forget(event.get("owner") or self._owner(event["id"]), event["id"])
            case "lut":
                self._luts[event["owner"], event["lut"]["name"]] = event["lut"]
            case "lut_gone":
                self._luts.pop((event["owner"], event["name"]), None)
            case kind:
                raise later_version(kind)

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
        """Return whose a preset was while an id was taken once: events of then say no more."""
        return next((owner for owner, known in self._presets if known == preset_id), "")

    # --- presets --------------------------------------------------------------------------------------------------

    def presets(self, user: str) -> list[Json]:
        """Return what a user may work with, by id."""
        own = {preset_id for owner, preset_id in self._presets if owner == user}
        return [self.preset(user, preset_id) for preset_id in sorted(own | self._shared.keys())]

    def preset(self, user: str, preset_id: str) -> Json:
        """Return one preset, a user's own before one that is shared; raises `unknown_preset`."""
        preset = self._presets.get((user, preset_id))
        preset = preset or self._presets.get((self._shared.get(preset_id, user), preset_id))
        if preset is None:
            raise BatchError("unknown_preset", f"There is no preset {preset_id!r:.80} that you may use.")
        return preset

    def create_preset(self, user: str, preset: Json, token: str) -> Json:
        """Keep a new preset, version 1; raises `preset_exists`, `too_many_presets`.

        `token` names the request: one that is repeated because its answer was lost gets the same answer.
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
        """Keep a preset in the place of its earlier self; its version grows.

        Raises `unknown_preset`, `forbidden`, and `preset_exists` when it is to be shared and its id is already.
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
        """Forget a preset; batches that have it keep it. Raises `unknown_preset`, `forbidden`."""
        self._own(user, preset_id)
        self.record({"e": "preset_gone", "owner": user, "id": preset_id, "t": time.time()})

    def _own(self, user: str, preset_id: str) -> Json:
        preset = self.preset(user, preset_id)
        if preset["owner"] != user:
            raise BatchError("forbidden", f"The preset {preset_id} is somebody else's; duplicate it and change yours.")
        return preset

    def _keep(self, preset: Json) -> Json:
        self.record({"e": "preset", "preset": preset, "t": time.time()})
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
        """Raise `unknown_lut` unless these bytes are one of a user's LUTs, or in a preset that they may work with."""
        named = (preset["params"].get("lut") for preset in self.presets(user))
        if sha256 not in {*named, *(lut["sha256"] for lut in self.luts(user))}:
            raise BatchError(
                "unknown_lut", "There is no such LUT that you may use; POST /api/v1/luts?name= brings one."
            )

    def put_lut(self, user: str, lut: Json) -> Json:
        """Keep a LUT under its name; what was made with an earlier one of that name keeps that."""
        if (user, lut["name"]) not in self._luts and sum(owner == user for owner, _ in self._luts) >= MOST:
            raise BatchError("too_many_presets", f"You have {MOST} LUTs; delete one that you don't need.")
        self.record({"e": "lut", "owner": user, "lut": lut, "t": time.time()})
        return lut

    def delete_lut(self, user: str, name: str) -> None:
        """Forget a LUT's name; presets and batches that have it keep it. Raises `unknown_lut`."""
        self.lut(user, name)
        self.record({"e": "lut_gone", "owner": user, "name": name, "t": time.time()})
