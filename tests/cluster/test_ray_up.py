"""`ray up`, `serve deploy`, a batch from outside, a host that is cut off in the middle, `ray down`: all for real."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.cluster.hosts import Hosts
from tests.cluster.launcher import Launcher, batch, healthy, nodes, serve_config, until, upload

PHOTOS = 60
AGENT = 52365  # of Ray, on each node


@pytest.fixture
def hosts(needs_hosts: None, tmp_path: Path) -> Iterator[Hosts]:
    with Hosts(3, tmp_path) as three:
        yield three


@pytest.mark.slow
def test_a_cluster_that_loses_a_host_loses_no_photo(hosts: Hosts, tmp_path: Path) -> None:
    head, _, far = hosts.all
    launcher = Launcher(hosts, tmp_path)
    launcher.ray("up", "-y", "--no-config-cache")
    try:
        until(lambda: "3 node" in nodes(hosts), "three nodes", 120)
        (head.home / "photobatch/serve_config.cluster.yaml").write_text(serve_config(tmp_path))
        launcher.ray("exec", "cd photobatch && serve deploy serve_config.cluster.yaml")
        with httpx.Client(base_url=f"http://{head.address}:8001", timeout=30.0, trust_env=False) as http:
            until(lambda: healthy(http), "the service", 120)
            # KubeRay's probe of the head, and ours of workers, which have no token.
            assert http.get("/-/healthz").text == "success"
            for host in hosts.all:
                assert httpx.get(f"http://{host.address}:{AGENT}/api/healthz", trust_env=False).status_code == 200
            uploaded = [upload(http, number) for number in range(PHOTOS)]
            request = {"preset_id": "beauty_light", "image_urls": uploaded}
            task = http.post("/api/v1/batch/submit", json=request).raise_for_status().json()["task_id"]
            until(lambda: batch(http, task)["counts"]["succeeded"] >= 5, "the first photos", 60)
            far.cut_off()
            ended = until(lambda: (found := batch(http, task))["finished_at"] and found, "the batch to end", 240)
            assert ended["counts"]["succeeded"] == PHOTOS
            photos = http.get(f"/api/v1/batch/{task}/photos", params={"limit": 100}).json()["items"]
            assert {photo["status"] for photo in photos} == {"succeeded"}
            assert max(photo["attempts"] for photo in photos) > 1, "the host had photos when it was cut off"
            results = [http.get(photo["result"]["url"]).raise_for_status().content for photo in photos]
            assert all(result.startswith(b"\xff\xd8") for result in results)
    finally:
        launcher.ray("down", "-y")
    left = hosts.ssh(head, "ps ax -o comm")
    assert "sshd" in left.stdout
    assert "raylet" not in left.stdout
