"""CPU workers fill the cores, GPU workers share the GPUs. A node that goes, or is bad, takes no photo along."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.actors.worker.fake_nvml import fake_nvml
from tests.told import told

pytestmark = pytest.mark.slow


def run(module: str, folder: Path, *arguments: str, **environment: str) -> dict[str, Any]:
    """Run a Ray of its own in a process of its own; return what it saw."""
    command, env = [sys.executable, "-m", module, str(folder), *arguments], os.environ | environment
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    return told(folder)


def test_networks_are_computed_on_gpus_and_the_rest_on_every_core(tmp_path: Path) -> None:
    driver = fake_nvml(tmp_path)
    seen = run("tests.actors.pool.placement", tmp_path, LD_LIBRARY_PATH=str(driver.parent))
    both, unusable = seen["both"], seen["unusable"]
    assert both["gpu idle"] == 1, "a GPU that nobody needs is left to others"
    assert (both["gpu full"], both["cpu full"]) == (0, 0)
    assert both["on"] == {"network": ["gpu"], "filter": ["cpu"]}
    assert both["succeeded"] == [60, 60]
    assert [(gpu["gpu"], gpu["use"], gpu["memory_used"]) for gpu in both["gpus"]] == [
        ("0", 0.42, 5_000_000_000),
        ("1", None, 0),
    ]
    assert unusable["reasons"] == ["gpu: a GPU worker cannot use the GPU there: the driver is too old"]
    assert unusable["counts"]["succeeded"] == 20, "CPU workers take its place"
    assert not unusable["sick"]


@pytest.mark.parametrize("kind", ["gpu", "cpu"])
def test_a_node_that_kills_its_workers_fails_no_photo_and_is_used_no_more(tmp_path: Path, kind: str) -> None:
    seen = run("tests.actors.pool.bad_node", tmp_path, kind)
    assert seen["counts"]["succeeded"] == seen["counts"]["total"] == 200
    assert seen["held"] == [[True, kind]]
    assert seen["attempts"] == 1, "the next batch notices nothing"
    assert seen["of one photo"] == 1, "a photo that has killed a worker there is tried elsewhere"


@pytest.mark.parametrize("how", ["killed", "drained"])
def test_a_node_that_is_lost_loses_no_photo_and_makes_none_a_suspect(tmp_path: Path, how: str) -> None:
    seen = run("tests.actors.pool.lost_node", tmp_path, how)
    assert seen["counts"]["succeeded"] == seen["counts"]["total"]
    assert max(seen["attempts"]) == 2, "what was under way was leased again"
    assert "struck" not in seen["events"]


def test_a_pool_grows_with_the_work_over_all_nodes_and_gives_everything_back(tmp_path: Path) -> None:
    seen = run("tests.actors.pool.elastic", tmp_path)
    assert seen["before"] == {"ready": 0, "busy": 0, "starting": 0, "max": 6}
    assert seen["by node"] == [3, 3], "three thirds fit on a GPU"
    assert seen["counts"]["succeeded"] == seen["counts"]["total"] == 240, "a node was lost meanwhile, and one came"
    assert seen["a late photo"] == 1


@pytest.mark.skipif(torch.cuda.is_available(), reason="torch can use the GPU here")
def test_health_names_the_node_whose_gpu_cannot_be_used(tmp_path: Path) -> None:
    """As with a driver that is too old."""
    health = run("tests.actors.pool.unused_gpu", tmp_path)
    assert health["status"] == "ok", "CPU workers compute"
    [unused] = health["quarantined"]
    assert unused["kind"] == "gpu"
    assert "NVIDIA" in unused["reason"] or "CUDA" in unused["reason"]
