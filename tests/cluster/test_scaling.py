"""Nodes come with the work and go after it, by Ray's own autoscaler; where nobody needs a GPU, none comes."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.hosts import Hosts
from tests.told import told

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def hosts(needs_hosts: None, tmp_path: Path) -> Iterator[Hosts]:
    with Hosts(1, tmp_path) as one:
        yield one


@pytest.mark.slow
def test_a_cluster_grows_from_nothing_and_shrinks_to_nothing(hosts: Hosts, tmp_path: Path) -> None:
    [host] = hosts.all
    python = Path(sys.executable)
    command = (
        f"cd {ROOT} && PATH={python.parent}:$PATH PYTHONPATH={ROOT} {python} -m tests.cluster.scaling {tmp_path}/run"
    )
    (tmp_path / "run").mkdir()
    done = hosts.ssh(host, command, 500.0)
    assert done.returncode == 0, done.stderr[-5000:]
    seen = told(tmp_path / "run")
    assert seen["before"] == {}
    assert seen["counts"]["succeeded"] == seen["counts"]["total"] == 120
    assert seen["again"]["succeeded"] == 1, "a node came again"
