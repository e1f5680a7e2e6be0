"""Suspects: where a photo's workers have died, so that it is tried elsewhere before it is blamed."""

from actors.batches.batch import Batch
from actors.pool.pool import Pool
from actors.pool.worker_record import Kind, Place, WorkerRecord, WorkerState


class Suspects:
    """Chooses who may compute a suspect, for the fault may be the node's or the GPU's.

    It is kept in memory only: after a restart of the coordinator a suspect may go where it was before.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._died_at: dict[tuple[str, int], set[Place]] = {}

    def died(self, batch: Batch, index: int, place: Place) -> None:
        """Note that a worker died there while it computed this photo."""
        self._died_at.setdefault((batch.spec.task_id, index), set()).add(place)

    def forget(self, batch: Batch) -> None:
        """Drop what is known of a batch that ended or was removed."""
        for key in [key for key in self._died_at if key[0] == batch.spec.task_id]:
            del self._died_at[key]

    def may_take(self, worker: WorkerRecord, batch: Batch, index: int) -> bool:
        """Say whether this worker is the best there is: of the right kind and at a new place, else at a new place.

        Where a photo has been everywhere, any worker may take it, and may die of it.
        """
        right = self._pool.kind_for(networks=batch.networks)
        died_at = self._died_at.get((batch.spec.task_id, index), set())
        there = {one.place for one in self._pool.workers.values() if one.state is WorkerState.READY and not one.leaving}
        new = {place for place in there | {worker.place} if place.kind in (right, Kind.CPU)} - died_at
        best = {place for place in new if place.kind is right} or new
        return worker.place in best if best else worker.kind is right
