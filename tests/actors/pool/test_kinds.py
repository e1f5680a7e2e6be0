"""CPU workers on every core, and GPU workers for networks as far as there are GPUs."""

import pytest

from actors.pool.config import Gpus
from actors.pool.demand import Backlog, Elastic
from actors.pool.pool import Pool
from actors.pool.worker_record import Kind, WorkerRecord, WorkerState

MANY = 10_000


@pytest.mark.parametrize(
    ("gpus", "devices", "workers"),
    [
        (Gpus(), 0, 0),
        (Gpus(), 1, 4),
        (Gpus(), 8, 32),
        (Gpus(1 / 3), 2, 6),
        (Gpus(0.1), 1, 10),
        (Gpus(1.0), 2, 2),
        (Gpus(0.6), 2, 2),  # two of these do not fit on one
        (Gpus(most=2), 1, 2),
        (Gpus(most=9), 1, 4),
        (Gpus(use="never"), 8, 0),
        (Gpus(use="always"), 0, 4),  # those that fit on the first GPU that an autoscaler adds
        (Gpus(use="always"), 3, 12),
        (Gpus(use="always", most=16), 1, 16),
    ],
)
def test_as_many_gpu_workers_as_fit(gpus: Gpus, devices: int, workers: int) -> None:
    assert gpus.workers_on(devices) == workers


def test_a_gpu_holds_no_more_memory_than_there_is() -> None:
    for fraction in (1 / 3, 0.1, 0.25, 0.15, 0.0001):
        gpus = Gpus(fraction)
        assert gpus.workers_on(1) * gpus.share <= 1


@pytest.mark.parametrize(("cores", "workers"), [(0, 1), (2, 2), (96, 96)])
def test_a_pool_whose_size_nobody_set_fills_the_cores_that_there_are(cores: int, workers: int) -> None:
    fitted = Elastic(MANY, MANY, fits=True).on(cores)
    assert (fitted.least, fitted.most) == (workers, workers)


def test_a_pool_whose_size_was_set_is_as_large_as_it_was_set() -> None:
    assert Elastic(0, 16).on(2) == Elastic(0, 16)


def work(cpu: int = 0, gpu: int = 0) -> dict[Kind, Backlog]:
    return {Kind.CPU: Backlog(100.0 * cpu, cpu), Kind.GPU: Backlog(100.0 * gpu, gpu)}


def test_each_kind_is_started_for_its_own_work() -> None:
    pool = Pool(Elastic(0, 8), Elastic(0, 2))
    pool.resize(set(), work(cpu=3))
    assert pool.missing() == [Kind.CPU] * 3
    pool.resize(set(), work(gpu=9))
    assert pool.missing() == [Kind.GPU] * 2
    pool.resize(set(), work())
    assert pool.missing() == []


def test_networks_are_for_gpus_and_for_cpus_where_there_is_no_gpu() -> None:
    pool = Pool(Elastic(2, 2), Elastic(0, 4))
    assert (pool.kind_for(networks=True), pool.kind_for(networks=False)) == (Kind.GPU, Kind.CPU)
    pool.fit(Elastic(2, 2), Elastic(0, 0))  # the GPU node has gone
    assert pool.kind_for(networks=True) is Kind.CPU


def test_gpu_workers_without_work_go_and_cpu_workers_stay() -> None:
    pool = Pool(Elastic(1, 1, idle_s=60), Elastic(0, 1, idle_s=60))
    for name, kind in (("c", Kind.CPU), ("g", Kind.GPU)):
        pool.add(WorkerRecord(name, None, kind=kind, state=WorkerState.READY))
        pool.workers[name].worked -= 100
    assert [worker.worker_id for worker in pool.resize(set(), work())] == ["g"]
    assert pool.counts(set()) == {"ready": 2, "busy": 0, "starting": 0, "max": 2}


def test_a_preview_of_networks_has_a_gpu_worker_started_and_goes_to_a_cpu_worker_until_then() -> None:
    pool = Pool(Elastic(1, 1), Elastic(0, 1))
    pool.add(WorkerRecord("c", None, state=WorkerState.READY))
    chosen = pool.previewer(set(), networks=True)
    assert chosen is not None
    assert chosen.worker_id == "c"
    pool.resize(set(), work())
    assert pool.missing() == [Kind.GPU]
    pool.add(WorkerRecord("g", None, kind=Kind.GPU, state=WorkerState.READY))
    chosen = pool.previewer(set(), networks=True)
    assert chosen is not None
    assert chosen.worker_id == "g"
    chosen = pool.previewer(set(), networks=False)
    assert chosen is not None
    assert chosen.worker_id == "c"


def test_gpu_workers_that_cannot_start_hold_up_no_cpu_worker() -> None:
    pool = Pool(Elastic(2, 2), Elastic(0, 2))
    for number in range(6):
        young = WorkerRecord(f"g{number}", None, kind=Kind.GPU)
        pool.add(young)
        pool.died(young)
    pool.resize(set(), work(gpu=9))
    assert pool.sick
    assert pool.missing() == [Kind.CPU] * 2
