"""Workers share GPUs by fractions, and a fraction that does not fit waits. A node that goes takes no photo along."""

import ipaddress
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

pytestmark = pytest.mark.slow


def run(module: str, *arguments: str) -> dict[str, Any]:
    """Run a Ray of its own in a process of its own; return what it printed last."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments], capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def test_four_quarters_land_on_one_gpu_and_a_fifth_stays_pending(tmp_path: Path) -> None:
    told = run("tests.actors.pool.placement", str(tmp_path))
    assert told["workers"] == {"ready": 4, "busy": 0, "starting": 1, "max": 5}
    assert told["gpu"] == 0
    assert told["cpu"] == 4, "one core each, and none for the coordinator"
    assert told["succeeded"] == 20


@pytest.mark.parametrize("how", ["killed", "drained"])
def test_a_node_that_is_lost_loses_no_photo_and_makes_none_a_suspect(tmp_path: Path, how: str) -> None:
    told = run("tests.actors.pool.lost_node", str(tmp_path), how)
    assert told["counts"]["succeeded"] == told["counts"]["total"]
    assert max(told["attempts"]) == 2, "what was under way was leased again"
    assert "struck" not in told["events"]


def test_a_pool_grows_with_the_work_over_all_nodes_and_gives_everything_back(tmp_path: Path) -> None:
    told = run("tests.actors.pool.elastic", str(tmp_path))
    assert told["before"] == {"ready": 0, "busy": 0, "starting": 0, "max": 6}
    assert told["by node"] == [3, 3], "three thirds fit on a GPU"
    assert told["counts"]["succeeded"] == told["counts"]["total"] == 240, "a node was lost meanwhile, and one came"
    assert told["a late photo"] == 1


@pytest.mark.skipif(torch.cuda.is_available(), reason="torch can use the GPU here")
def test_health_names_the_node_whose_gpu_cannot_be_used(tmp_path: Path) -> None:
    """As with a driver that is too old: the worker computes on its CPU, and people should know."""
    health = run("tests.actors.pool.unused_gpu", str(tmp_path))
    assert health["status"] == "ok", "its CPU computes"
    [unused] = health["unused_gpus"]
    assert ipaddress.ip_address(unused["node"])
    assert "NVIDIA" in unused["reason"] or "CUDA" in unused["reason"]
