"""Ray's own commands work on a served photobatch, whose dashboard starts when the first of them asks for it."""

import os
import subprocess
import sys
from pathlib import Path

import psutil

from benchmarks.server import Server, serving
from deployments.dashboard_door import PORT


def test_ray_s_commands_find_a_dashboard(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        assert not dashboards(server), "nobody asked for one yet"
        address = f"http://127.0.0.1:{door(server)}"
        status = run("serve", "status", "-a", address)
        assert "photobatch:" in status
        assert "status: RUNNING" in status
        assert "Coordinator" in run("ray", "list", "actors", "--address", address)
        assert len(dashboards(server)) == 1, "one for all"


def dashboards(server: Server) -> list[psutil.Process]:
    return [each for each in server.family() if any("dashboard/dashboard.py" in word for word in each.cmdline())]


def door(server: Server) -> int:
    """8265 may be taken here; then it is the next one."""
    ports = [c.laddr.port for c in psutil.Process(server.pid).net_connections("tcp4") if c.status == "LISTEN"]
    return next(port for port in ports if PORT <= port < PORT + 50)


def run(*command: str) -> str:
    done = subprocess.run(
        [str(Path(sys.executable).with_name(command[0])), *command[1:]],
        env={**os.environ, "RAY_AUTH_MODE": "token"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
