"""How many workers this machine can take: one for each core that we may use, and enough memory for each."""

import os
from pathlib import Path

import psutil

MEMORY = 1 << 30  # bytes that a worker may take: a PNG of 50 MP needs so much
_CGROUP = Path("/sys/fs/cgroup")  # of a container; version 2


def usable_workers(cgroup: Path = _CGROUP) -> int:
    """Return how many workers fit on this machine, at least one. A container's quotas count."""
    return max(1, min(usable_cores(cgroup), _memory(cgroup) // MEMORY))


def usable_cores(cgroup: Path = _CGROUP) -> int:
    """Return how many cores this process may use, at least one."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota, _, period = _read(cgroup / "cpu.max").partition(" ")
    if quota.isdigit() and period.isdigit() and int(period):
        cores = min(cores, -(-int(quota) // int(period)))
    return max(1, cores)


def _memory(cgroup: Path) -> int:
    limit = _read(cgroup / "memory.max")
    total: int = psutil.virtual_memory().total
    return min(total, int(limit)) if limit.isdigit() else total


def _read(path: Path) -> str:
    """Return the text of a small file, empty if there is none."""
    try:
        return path.read_text().strip()
    except OSError:
        return ""
