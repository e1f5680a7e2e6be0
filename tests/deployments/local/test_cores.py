"""A machine gets a worker for each core that we may use, and no more than its memory holds."""

import os
from pathlib import Path

import psutil
import pytest

from deployments.local.cores import MEMORY, usable_cores, usable_workers

CORES = len(os.sched_getaffinity(0))


@pytest.fixture
def cgroup(tmp_path: Path) -> Path:
    return tmp_path


def test_without_a_container_the_cores_and_the_memory_of_the_machine_count(cgroup: Path) -> None:
    assert usable_cores(cgroup) == CORES
    assert usable_workers(cgroup) == max(1, min(CORES, psutil.virtual_memory().total // MEMORY))


@pytest.mark.parametrize(
    ("quota", "cores"),
    [("max 100000", CORES), ("100000 100000", 1), ("50000 100000", 1), ("99999900000 100000", CORES), ("", CORES)],
)
def test_the_quota_of_a_container_counts(cgroup: Path, quota: str, cores: int) -> None:
    (cgroup / "cpu.max").write_text(f"{quota}\n")
    assert usable_cores(cgroup) == cores


def test_part_of_a_core_is_a_core(cgroup: Path) -> None:
    (cgroup / "cpu.max").write_text("100001 100000\n")
    assert usable_cores(cgroup) == min(2, CORES)


@pytest.mark.parametrize(("limit", "workers"), [(MEMORY, 1), (MEMORY // 2, 1), (2 * MEMORY, min(2, CORES))])
def test_a_container_with_little_memory_gets_few_workers(cgroup: Path, limit: int, workers: int) -> None:
    (cgroup / "memory.max").write_text(f"{limit}\n")
    assert usable_workers(cgroup) == workers


def test_a_process_that_is_kept_on_one_core_counts_one(cgroup: Path) -> None:
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        assert usable_cores(cgroup) == 1
    finally:
        os.sched_setaffinity(0, before)
