"""Two replicas of the ingress behind one address: what Prometheus is told."""

import time
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from benchmarks.servers.deployed import Deployed

PATIENCE_S = 60.0
Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def scrape(server: Deployed) -> tuple[str, Samples]:
    """The replica that answered, and what it told."""
    families = text_string_to_metric_families(server.http.get("/metrics").raise_for_status().text)
    samples = [sample for family in families for sample in family.samples]
    replicas = {sample.labels["replica"] for sample in samples if "replica" in sample.labels}
    assert len(replicas) <= 1, "each tells its own"
    return "".join(replicas), {(one.name, tuple(sorted(one.labels.items()))): one.value for one in samples}


@pytest.mark.slow
def test_each_replica_tells_its_own_requests_and_all_tell_the_same_of_the_coordinator(
    tmp_path: Path, photo_folder: Path
) -> None:
    server = Deployed(tmp_path, BATCH_FILE_ROOTS=str(photo_folder))
    server.replicas = 2
    try:
        server.start()
        server.ended(
            server.submit(image_urls=[(photo_folder / "coffee.jpg").as_uri()], preset_id="filter_warm")["task_id"]
        )
        told: dict[str, Samples] = {}
        deadline = time.monotonic() + PATIENCE_S
        while len(told) < 2:
            assert time.monotonic() < deadline, list(told)
            replica, samples = scrape(server)
            if replica:  # else it has answered nothing yet
                told[replica] = samples
        for samples in told.values():
            assert samples["photobatch_photos_total", (("outcome", "succeeded"),)] == 1, "the same one, told twice"
    finally:
        server.kill()
        server.http.close()
