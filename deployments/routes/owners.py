"""The owners of batches, looked up once and cached: an owner never changes, and an id is never reused."""

from actors.messages.coordinator_api import CoordinatorApi
from actors.messages.errors import no_such_batch

REMEMBERED = 10_000


class Owners:
    """A cache of the owners of batches."""

    def __init__(self, coordinator: CoordinatorApi) -> None:
        self._coordinator = coordinator
        self._owners: dict[str, str] = {}

    async def check(self, task_id: str, caller: str | None) -> None:
        """Raise BatchError `not_found` if a batch is not the caller's; without API keys every batch is everybody's."""
        if caller is not None and await self._owner(task_id) != caller:
            raise no_such_batch()

    async def _owner(self, task_id: str) -> str:
        if task_id not in self._owners:
            owner = (await self._coordinator.get(task_id))["user_id"]
            if len(self._owners) >= REMEMBERED:
                self._owners.pop(next(iter(self._owners)))
            self._owners[task_id] = owner
        return self._owners[task_id]
