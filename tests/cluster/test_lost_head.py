"""All of Ray on the head dies by SIGKILL in the middle of a batch. Journal in Redis, photos on shared storage."""

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from benchmarks.servers.redis_server import RedisServer
from tests.cluster.hosts import Host, Hosts
from tests.cluster.launcher import Launcher, batch, healthy, nodes, serve_config, until, upload

PHOTOS = 60
ORPHANED_S = 50.0  # workers wait a little longer for a coordinator; a machine that is very busy may need more
START = "~/photobatch/deployments/node --head --port=6379 --num-cpus=0 --dashboard-host=127.0.0.1"


@pytest.fixture
def hosts(needs_hosts: None, tmp_path: Path) -> Iterator[Hosts]:
    with Hosts(2, tmp_path) as two:
        yield two


@pytest.fixture
def redis(needs_redis: None, hosts: Hosts, tmp_path: Path) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path / "redis", hosts.here).start()
    yield server
    server.kill()


@pytest.mark.slow
@pytest.mark.parametrize("gcs", ["in memory", "in Redis"])
def test_a_lost_head_loses_no_photo(hosts: Hosts, redis: RedisServer, tmp_path: Path, gcs: str) -> None:
    head, worker = hosts.all
    kept = {"RAY_REDIS_ADDRESS": f"{redis.host}:{redis.port}"} if gcs == "in Redis" else {}
    launcher = Launcher(hosts, tmp_path, **kept)
    config = serve_config(tmp_path, redis_url=redis.url, max_workers="2")
    launcher.ray("up", "-y", "--no-config-cache")
    try:
        until(lambda: "2 node" in nodes(hosts), "two nodes", 240)
        deploy(launcher, head, config)
        with httpx.Client(base_url=f"http://{head.address}:8001", timeout=60.0, trust_env=False) as http:
            until(lambda: healthy(http), "the service", 240)
            uploaded = [upload(http, number) for number in range(PHOTOS)]
            request = {"preset_id": "beauty_light", "image_urls": uploaded}
            task = http.post("/api/v1/batch/submit", json=request).raise_for_status().json()["task_id"]
            until(lambda: batch(http, task)["counts"]["succeeded"] >= 5, "the first photos", 120)
            before = computing(hosts, worker)
            kill_ray(hosts, head)
            killed = time.monotonic()
            if gcs == "in Redis":  # the same command again; Serve and the coordinator come by themselves
                started = hosts.ssh(head, f"{kept_as_words(kept)} {START}", 120.0)
                assert started.returncode == 0, started.stderr
            else:
                launcher.ray("up", "-y", "--no-config-cache")
                until(lambda: "2 node" in nodes(hosts), "two nodes", 240)
                deploy(launcher, head, config)
            until(lambda: healthy(http), "the service again", 240)
            away_s = time.monotonic() - killed
            ended = until(lambda: (found := batch(http, task))["finished_at"] and found, "the batch to end", 240)
            assert ended["counts"]["succeeded"] == PHOTOS
            photos = http.get(f"/api/v1/batch/{task}/photos", params={"limit": 100}).json()["items"]
            results = [http.get(photo["result"]["url"]).raise_for_status().content for photo in photos]
            assert all(result.startswith(b"\xff\xd8") for result in results)
            if gcs == "in Redis" and away_s < ORPHANED_S:
                assert before & computing(hosts, worker), "workers on other nodes live on"
    finally:
        launcher.ray("down", "-y")


def deploy(launcher: Launcher, head: Host, config: str) -> None:
    """Deploy the application; `ray up` has copied the checkout to the head, where nothing is filled in."""
    (head.home / "photobatch/serve_config.cluster.yaml").write_text(config)
    launcher.ray("exec", "cd photobatch && serve deploy serve_config.cluster.yaml")


def kept_as_words(environment: dict[str, str]) -> str:
    return " ".join(f"{name}={value}" for name, value in environment.items())


def kill_ray(hosts: Hosts, host: Host) -> None:
    """SIGKILL to all that runs on a host but its sshd."""
    hosts.ssh(
        host,
        "for pid in $(ps ax -o pid=,comm= | grep -v -e sshd -e ' ps' -e ' sh' -e bash | awk '{print $1}'); "
        "do [ $pid = 1 ] || kill -9 $pid; done",
    )
    until(lambda: "raylet" not in hosts.ssh(host, "ps ax -o comm").stdout, "the end of Ray there", 20)


def computing(hosts: Hosts, host: Host) -> set[str]:
    """Return the process ids of the workers there."""
    listed = hosts.ssh(host, "ps ax -o pid=,args=").stdout.splitlines()
    return {line.split()[0] for line in listed if "ray::Worker" in line}
