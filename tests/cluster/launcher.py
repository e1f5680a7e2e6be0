"""A cluster on hosts as somebody sets it up: `ray up` with cluster.local.yaml, `serve deploy`, photos over HTTP."""

import os
import secrets
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import simplejpeg
import yaml
from skimage import data

from tests.cluster.hosts import Hosts

ROOT = Path(__file__).parent.parent.parent
VENV = Path(sys.executable).parent.parent


class Launcher:
    """The command `ray` of whoever sets the cluster up, with the files that they edited."""

    def __init__(self, hosts: Hosts, folder: Path, **environment: str) -> None:
        """`environment`: of the head's Ray."""
        head, *workers = hosts.all
        token = folder / "auth_token"
        token.write_text(secrets.token_hex(32))
        cluster = yaml.safe_load((ROOT / "cluster.local.yaml").read_text())
        cluster["cluster_name"] = f"test-{os.getpid()}"
        cluster["provider"] |= {"head_ip": head.address, "worker_ips": [host.address for host in workers]}
        cluster["auth"] = {"ssh_user": "root", "ssh_private_key": str(hosts.key)}
        cluster["file_mounts"] = {"~/photobatch": str(ROOT), "~/.ray/auth_token": str(token)}
        # What `make setup` would take minutes and gigabytes for is here already.
        _, *rest = cluster["setup_commands"]
        cluster["setup_commands"] = [f"ln -sfn {VENV} ~/photobatch/.venv", *rest]
        cluster["worker_setup_commands"] = []
        for name, value in environment.items():
            starts = cluster["head_start_ray_commands"]
            cluster["head_start_ray_commands"] = [f"{name}={value} {command}" for command in starts]
        self.file = folder / "cluster.yaml"
        self.file.write_text(yaml.safe_dump(cluster))
        self._environment = {**os.environ, "RAY_UP_enable_autoscaler_v2": "0", "HOME": str(folder)}

    def ray(self, *command: str, timeout_s: float = 240.0) -> str:
        """Run a command of Ray's on the cluster."""
        verb, *rest = command
        words = [str(VENV / "bin/ray"), verb, str(self.file), *rest]
        done = subprocess.run(
            words, env=self._environment, capture_output=True, text=True, timeout=timeout_s, check=False
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout


def serve_config(shared: Path, **settings: str) -> str:
    """serve_config.cluster.yaml as somebody fills it in whose hosts share a file system."""
    config = yaml.safe_load((ROOT / "serve_config.cluster.yaml").read_text())
    config["applications"][0]["args"] = {
        "blob_url": (shared / "blobs").as_uri(),
        "data_dir": str(shared / "data"),
        "max_workers": "4",
        "use_gpu": "never",
        "reuse": "0",
        **settings,
    }
    return yaml.safe_dump(config)


def nodes(hosts: Hosts) -> str:
    """How many nodes the head knows."""
    script = "import ray; ray.init('auto', log_to_driver=False); print(sum(n['Alive'] for n in ray.nodes()), 'nodes')"
    return hosts.ssh(hosts.all[0], f'RAY_AUTH_MODE=token ~/photobatch/.venv/bin/python -c "{script}"').stdout


def healthy(http: httpx.Client) -> bool:
    try:
        return http.get("/api/v1/health").status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def upload(http: httpx.Client, number: int) -> str:
    """A photo of its own: the same would be computed as often, but say less if one were lost."""
    pixels = data.astronaut().copy()
    pixels[:8, :8] = number
    photo = simplejpeg.encode_jpeg(pixels, 92)
    answer = http.post("/api/v1/uploads", params={"name": f"{number}.jpg"}, content=photo)
    return str(answer.raise_for_status().json()["source"])


def batch(http: httpx.Client, task_id: str) -> dict[str, Any]:
    found: dict[str, Any] = http.get(f"/api/v1/batch/{task_id}").raise_for_status().json()
    return found


def until(condition: Any, what: str, patience_s: float) -> Any:
    deadline = time.monotonic() + patience_s
    while not (found := condition()):
        assert time.monotonic() < deadline, f"waited {patience_s} s for {what}"
        time.sleep(0.2)
    return found
