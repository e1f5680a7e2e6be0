"""`ray start --head && serve deploy serve_config.yaml`: the same application on a Ray that somebody else started."""

import os
import signal
import subprocess
import time
from pathlib import Path

import httpx
import pytest

from benchmarks.servers.deployed import BIN, Deployed, deployed
from benchmarks.servers.server import ServerError

pytestmark = pytest.mark.slow


def test_serve_deploy_serves_the_same_application(cluster: Deployed, photo_folder: Path) -> None:
    assert any("BATCH_API_KEYS is not set" in log for log in cluster.logs()), "nothing else stops anybody"
    source = (photo_folder / "astronaut.jpg").as_uri()
    batch = cluster.ended(cluster.submit(image_urls=[source] * 4, preset_id="beauty_light")["task_id"])
    assert batch["counts"]["succeeded"] == 4
    assert cluster.http.get("/api/v1/batch/stats").json()["workers"]["max"] == 2, "no more than cores"


def test_haproxy_takes_orders_from_its_own_user_alone(cluster: Deployed) -> None:
    [proxy] = [one for one in cluster.family() if "haproxy" in one.name()]
    words = proxy.cmdline()
    configuration = Path(words[words.index("-f") + 1])
    assert configuration.parent.stat().st_mode & 0o077 == 0
    [socket] = configuration.parent.glob("*.sock")
    assert socket.stat().st_mode & 0o777 == 0o600
    text = configuration.read_text()
    assert "%HPO" in text, "queries are in no log"
    assert "option httplog" not in text
    assert "timeout client 90" in text


@pytest.mark.parametrize(
    ("title", "number"),
    [
        ("ray::Coordinator", signal.SIGSTOP),
        ("ray::ServeReplica", signal.SIGSTOP),
        ("ray::HAProxyManager", signal.SIGKILL),
        ("haproxy", signal.SIGKILL),
    ],
)
def test_what_dies_or_freezes_is_replaced(cluster: Deployed, title: str, number: signal.Signals) -> None:
    cluster.healthy()
    victim = next(one for one in cluster.family() if title in one.name() or title in (one.cmdline() or [""])[0])
    os.kill(victim.pid, number)
    gone = False
    deadline = time.monotonic() + 60
    while not (gone and healthy(cluster)):
        gone = gone or not healthy(cluster)
        assert time.monotonic() < deadline, "nobody noticed" if not gone else "nobody replaced it"
        time.sleep(0.05)


def test_a_ray_that_wants_a_token(tmp_path: Path) -> None:
    """`ray start` wants the token as soon as there is one; `serve deploy` sends it only if it is told to."""
    home = {"HOME": str(tmp_path), "RAY_AUTH_MODE": "token"}
    subprocess.run([BIN / "ray", "get-auth-token", "--generate"], env={**os.environ, **home}, check=True)
    with deployed(tmp_path, **home) as cluster:
        cluster.healthy()
        with pytest.raises(ServerError, match="Unauthorized"):
            cluster.deploy(RAY_AUTH_MODE="disabled")


def healthy(server: Deployed) -> bool:
    try:
        return httpx.get(f"{server.url}/api/v1/health", timeout=2.0).status_code == 200
    except httpx.TransportError:
        return False
