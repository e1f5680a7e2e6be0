"""What users keep beside batches: presets and LUTs, links to results, uploads."""

from typing import TypeVar

from actors.batches.ledger import Ledger
from actors.batches.looks import Looks
from actors.batches.shares import Shares
from actors.coordinator.upload_budget import UploadBudget
from actors.messages.records import Json, Share

PATIENCE_S = 3.0  # how long an answer to the ingress waits for the journal

_Answer = TypeVar("_Answer")


class UserData:
    """The part of the coordinator that answers for these; CoordinatorApi documents the methods."""

    def __init__(self, ledger: Ledger, uploads: UploadBudget) -> None:
        self._ledger = ledger
        self._shares = Shares(ledger)
        self._uploads = uploads

    async def list_presets(self, user: str) -> list[Json]:
        return await self._told(self._looks.presets(user))

    async def find_preset(self, user: str, preset_id: str) -> Json:
        return await self._told(self._looks.preset(user, preset_id))

    async def create_preset(self, user: str, preset: Json, token: str) -> Json:
        return await self._told(self._looks.create_preset(user, preset, token))

    async def change_preset(self, user: str, preset: Json, token: str) -> Json:
        return await self._told(self._looks.change_preset(user, preset, token))

    async def delete_preset(self, user: str, preset_id: str) -> None:
        self._looks.delete_preset(user, preset_id)
        await self._ledger.durable(PATIENCE_S)

    async def list_luts(self, user: str) -> list[Json]:
        return await self._told(self._looks.luts(user))

    async def find_lut(self, user: str, name: str) -> Json:
        return await self._told(self._looks.lut(user, name))

    async def check_lut(self, user: str, sha256: str) -> None:
        self._looks.check_lut(user, sha256)
        await self._ledger.durable(PATIENCE_S)

    async def put_lut(self, user: str, lut: Json) -> Json:
        return await self._told(self._looks.put_lut(user, lut))

    async def delete_lut(self, user: str, name: str) -> None:
        self._looks.delete_lut(user, name)
        await self._ledger.durable(PATIENCE_S)

    async def make_share(
        self, task_id: str, expires_in_s: float, title: str | None, sender: str | None, *, originals: bool
    ) -> Json:
        return await self._told(self._shares.make(task_id, expires_in_s, title, sender, originals=originals))

    async def list_shares(self, task_id: str) -> dict[str, Share]:
        return await self._told(self._shares.list(task_id))

    async def check_share(self, task_id: str, key: str) -> Share:
        return await self._told(self._shares.check(task_id, key))

    async def revoke_share(self, task_id: str, share_id: str) -> None:
        self._shares.revoke(task_id, share_id)
        await self._ledger.durable(PATIENCE_S)

    async def hold_upload(self, name: str, user: str, size: int) -> None:
        self._uploads.hold(name, user, size)

    async def release_uploads(self, names: list[str]) -> None:
        self._uploads.release(names)

    @property
    def _looks(self) -> Looks:
        self._ledger.check()
        return self._ledger.looks

    async def _told(self, answer: _Answer) -> _Answer:
        """Return an answer once everything that it speaks of is durable."""
        await self._ledger.durable(PATIENCE_S)
        return answer
