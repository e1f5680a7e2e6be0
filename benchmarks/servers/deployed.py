"""The application as a cluster has it: `ray start`, `serve deploy`, and HAProxy in front."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from benchmarks.servers import ports
from benchmarks.servers.server import Server, ServerError
from deployments.local.session import new_scratch_folder

ROOT = Path(__file__).parent.parent.parent
BIN = Path(sys.executable).parent
REPLICA_PORTS = 16


class Deployed(Server):
    """A Ray that somebody started, with the environment of deployments/node, and what is deployed to it."""

    replicas = 1  # of the ingress

    def __init__(self, folder: Path, server: Path = ROOT, programs: Path = BIN, **environment: str) -> None:
        """`server` has the server's code, `programs` is the folder of `ray` and `serve`."""
        super().__init__(folder, **environment)
        self._server = server
        self.scratch = new_scratch_folder()  # pytest's folders are too long for Ray's sockets
        self._dashboard = f"http://127.0.0.1:{ports.free()}"
        row = ports.free_row(REPLICA_PORTS + 1)
        self._variables = {
            **os.environ,
            "PATH": f"{programs}:{os.environ['PATH']}",
            "PHOTOBATCH_TEST": self.mark,
            "BATCH_DATA_DIR": str(folder / "data"),
            "RAY_AUTH_MODE": "disabled",
            # Every Serve takes the same ports for its replicas, and shares them (SO_REUSEPORT): two on one machine
            # would answer each other's requests.
            "RAY_SERVE_FALLBACK_PROXY_HTTP_PORT": str(row),
            "RAY_SERVE_DIRECT_INGRESS_MIN_HTTP_PORT": str(row + 1),
            "RAY_SERVE_DIRECT_INGRESS_MAX_HTTP_PORT": str(row + REPLICA_PORTS),
            **environment,
        }

    def begin(self) -> None:
        """Start Ray and deploy this checkout's application."""
        self.start_ray()
        self.deploy()

    def start_ray(self) -> None:
        """Start Ray; nothing is deployed yet."""
        self._run(
            f"server={self._server}; . $server/deployments/environment; exec ray start --head --num-cpus=2"
            f" --node-ip-address=127.0.0.1 --port={ports.free()} --dashboard-port={self._dashboard.rpartition(':')[2]}"
            f" --dashboard-agent-listen-port={ports.free()} --temp-dir={self.scratch} --object-store-memory=100000000"
        )

    def deploy(self, checkout: Path | None = None, **environment: str) -> None:
        """Deploy the application of this checkout, or of another one, with more variables if given."""
        config = yaml.safe_load((self._server / "deployments/serve_config.yaml").read_text())
        config["http_options"]["port"] = self.port
        config["applications"][0]["deployments"][0]["num_replicas"] = self.replicas
        if checkout:
            config["applications"][0]["runtime_env"] = {"working_dir": f"local://{checkout}"}
        file = self.folder / "serve_config.yaml"
        file.write_text(yaml.safe_dump(config))
        self._run(f"exec serve deploy {file} -a {self._dashboard}", **environment)

    def alive(self) -> bool:
        """Say that nobody waits for a process of ours here: Ray is a daemon."""
        return True

    def kill(self) -> None:  # type: ignore[override]  # in no order
        """End everything."""
        for process in self.family():
            process.kill()
        shutil.rmtree(self.scratch, ignore_errors=True)

    def logs(self) -> list[str]:
        """The text of Ray's log files."""
        found = self.scratch.rglob("session_2*/logs/*")
        return [path.read_text(errors="replace") for path in found if path.is_file()]

    def _run(self, script: str, **environment: str) -> None:
        done = subprocess.run(
            ["sh", "-eu", "-c", script],
            env=self._variables | environment, cwd=self.folder,
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        if done.returncode != 0:
            raise ServerError(done.stdout + done.stderr)


@contextmanager
def deployed(folder: Path, **environment: str) -> Iterator[Deployed]:
    """Run the application on a Ray of its own until the end of the block."""
    server = Deployed(folder, ROOT, BIN, **environment)
    try:
        server.start()
        yield server
    finally:
        server.kill()
        server.http.close()
