"""Who waits for workers that find no room is told what there is."""

import time

import ray

from deployments.local.waiting import Waiting


@ray.remote
class Other:
    """Somebody else's actor, which holds what workers would take."""


def test_what_is_asked_for_and_what_is_free(ray_here: None) -> None:
    cpus = int(ray.cluster_resources()["CPU"])
    free = int(ray.available_resources()["CPU"])
    other = Other.options(num_cpus=free - 2).remote()
    try:
        ray.get(other.__ray_ready__.remote())
        while int(ray.available_resources()["CPU"]) == free:  # the GCS hears of it a moment later
            time.sleep(0.05)
        told: list[str] = []
        waiting = Waiting(3, patience_s=0.0, say=told.append)
        for _ in range(2):
            waiting.look(1)
        [sentence] = told
        assert "3 asked for, 1 ready" in sentence
        assert f"Free: 2 of {cpus} CPUs on 1 node." in sentence
    finally:
        ray.kill(other)


def test_nobody_is_told_of_a_wait_that_is_short(ray_here: None) -> None:
    told: list[str] = []
    Waiting(3, patience_s=60.0, say=told.append).look(0)
    assert told == []
