"""The pool: which workers exist, by kind, and for which batches. A plain class; its owner starts and ends processes."""

import time

from actors.pool.crew import Crew
from actors.pool.demand import Backlog, Elastic
from actors.pool.quarantine import Quarantine
from actors.pool.worker_record import Kind, WorkerRecord, WorkerState

NO_GPUS = Elastic(0, 0)


class Pool:
    """CPU workers, which do what the CPU does best, and GPU workers, for the batches whose work is networks."""

    def __init__(self, elastic: Elastic, gpus: Elastic = NO_GPUS, *, gpus_take_all: bool = False) -> None:
        """`elastic` is for CPU workers. `gpus_take_all`: GPU workers take every batch, those of networks first."""
        self.workers: dict[str, WorkerRecord] = {}
        self.crews = {
            kind: Crew(kind, limits, self.workers) for kind, limits in zip(Kind, (elastic, gpus), strict=True)
        }
        self.gpus_take_all = gpus_take_all
        self.quarantine = Quarantine()

    def add(self, worker: WorkerRecord) -> None:
        """Add a worker."""
        self.workers[worker.worker_id] = worker

    def seen(self, worker_id: str) -> WorkerRecord | None:
        """Note a sign of life; None for a worker that is not (or no longer) in the pool."""
        worker = self.workers.get(worker_id)
        if worker is not None:
            worker.heard = time.monotonic()
            worker.silent = 0
            worker.state = WorkerState.READY
        return worker

    def kind_for(self, *, networks: bool) -> Kind:
        """Return the kind of worker that the work is for: networks go to CPUs only where there can be no GPU."""
        return Kind.GPU if networks and self.crews[Kind.GPU].elastic.most else Kind.CPU

    def previewer(self, busy: set[str], *, networks: bool) -> WorkerRecord | None:
        """Return a ready worker for a preview: one of the right kind, or a CPU worker until there is one."""
        kind = self.kind_for(networks=networks)
        return self.crews[kind].previewer(busy) or self.crews[Kind.CPU].previewer(busy)

    def fit(self, elastic: Elastic, gpus: Elastic) -> None:
        """Set the limits of both kinds for the nodes that there are now."""
        self.crews[Kind.CPU].elastic, self.crews[Kind.GPU].elastic = elastic, gpus

    def did_well(self, worker_id: str) -> None:
        """Note that a worker reported a photo."""
        if worker := self.workers.get(worker_id):
            self.crews[worker.kind].did_well(worker)
            self.quarantine.did(worker.place)

    def died(self, worker: WorkerRecord) -> None:
        """Remove a worker and decide when the next may start."""
        self.workers.pop(worker.worker_id, None)
        self.crews[worker.kind].died(worker)

    def resize(self, busy: set[str], backlogs: dict[Kind, Backlog]) -> list[WorkerRecord]:
        """Set the wanted numbers of workers, and return the workers to end: see `Crew.resize`."""
        return [worker for kind, crew in self.crews.items() for worker in crew.resize(busy, backlogs[kind])]

    def missing(self) -> list[Kind]:
        """Return the kind of each worker to start now."""
        return [kind for kind, crew in self.crews.items() for _ in range(crew.missing())]

    @property
    def sick(self) -> bool:
        """Whether workers die as fast as they are started."""
        return any(crew.sick for crew in self.crews.values())

    def counts(self, busy: set[str]) -> dict[str, int]:
        """Count all workers by state."""
        by_kind = [crew.counts(busy) for crew in self.crews.values()]
        return {name: sum(counts[name] for counts in by_kind) for name in by_kind[0]}
