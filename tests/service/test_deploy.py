"""`ray start --head && serve deploy serve_config.yaml`: the same application on a Ray that somebody else started."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import httpx
import yaml

from benchmarks import ports
from benchmarks.server import Server
from deployments.session import new_scratch_folder

ROOT = Path(__file__).parent.parent.parent


def test_serve_deploy_serves_the_same_application(tmp_path: Path, photo_folder: Path) -> None:
    server = Server(tmp_path)
    dashboard = ports.free()
    short = new_scratch_folder()  # pytest's folders are too long for Ray's sockets
    config = yaml.safe_load((ROOT / "serve_config.yaml").read_text())
    config["http_options"]["port"] = server.port  # the file's own may be taken here
    (tmp_path / "serve_config.yaml").write_text(yaml.safe_dump(config))
    environment = {
        **os.environ,
        "PHOTOBATCH_TEST": server.mark,
        "BATCH_DATA_DIR": str(tmp_path / "data"),
        "BATCH_FILE_ROOTS": str(photo_folder),
        "RAY_AUTH_MODE": "disabled",
        "RAY_USAGE_STATS_ENABLED": "0",
    }

    def run(*command: str) -> str:
        done = subprocess.run(
            [str(Path(sys.executable).with_name(command[0])), *command[1:]],
            env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    try:
        run(
            "ray", "start", "--head", "--node-ip-address=127.0.0.1", f"--port={ports.free()}", "--num-cpus=2",
            f"--dashboard-port={dashboard}", f"--dashboard-agent-listen-port={ports.free()}",
            f"--temp-dir={short}", "--object-store-memory=100000000",
        )  # fmt: skip
        run("serve", "deploy", "serve_config.yaml", "-a", f"http://127.0.0.1:{dashboard}")
        deadline = time.monotonic() + 90
        while not healthy(server):
            assert time.monotonic() < deadline, run("serve", "status", "-a", f"http://127.0.0.1:{dashboard}")
            time.sleep(0.2)
        logs = [path.read_text(errors="replace") for path in short.rglob("session_2*/logs/*") if path.is_file()]
        assert any("BATCH_API_KEYS is not set" in log for log in logs), "nothing else stops anybody"
        source = (photo_folder / "astronaut.jpg").as_uri()
        batch = server.ended(server.submit(image_urls=[source] * 4, preset_id="beauty_light")["task_id"])
        assert batch["counts"]["succeeded"] == 4
        stats = server.http.get("/api/v1/batch/stats").json()
        assert stats["workers"]["max"] == 2, "no more than cores"
    finally:
        for process in server.processes():
            process.kill()
        shutil.rmtree(short, ignore_errors=True)


def healthy(server: Server) -> bool:
    try:
        return server.http.get("/api/v1/health").status_code == 200
    except httpx.TransportError:
        return False
