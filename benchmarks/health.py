"""How soon the service answers: `python -m benchmarks.health [--runs 3] [--workers 2] [--json]`.

Seconds from the start of `photobatch serve` to its first healthy answer, and from Ctrl-C to its end.
"""

import argparse
import json
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

from benchmarks import results

TARGET_S = 12.0
_GIVE_UP_S = 120.0


def measure(workers: int) -> tuple[float, float]:
    """Seconds to the first 200 of /api/v1/health, and seconds from Ctrl-C to the end."""
    port = _free_port()
    with tempfile.TemporaryDirectory(prefix="photobatch-health-") as data:
        log = Path(data, "log")
        serve = Path(sys.executable).parent / "photobatch"
        # `env` sets what this process has no business to read or change.
        command = ["env", f"BATCH_DATA_DIR={data}/data", str(serve), "serve"]
        options = ["--port", str(port), "--workers", str(workers)]
        with log.open("wb") as out:
            begun = time.perf_counter()
            process = subprocess.Popen([*command, *options], stdout=out, stderr=subprocess.STDOUT)
            try:
                _wait_for(f"http://127.0.0.1:{port}/api/v1/health", process, log)
                ready = time.perf_counter() - begun
            finally:
                asked = time.perf_counter()
                process.send_signal(signal.SIGINT)
                try:
                    process.wait(60)
                except subprocess.TimeoutExpired:
                    process.kill()
            return ready, time.perf_counter() - asked


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _GIVE_UP_S
    with httpx.Client(timeout=2.0, trust_env=False) as client:
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise RuntimeError(f"serve ended with {process.returncode}:\n{log.read_text()[-2000:]}")
            try:
                if client.get(url).status_code == httpx.codes.OK:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.05)
    raise TimeoutError(f"not healthy within {_GIVE_UP_S:.0f} s:\n{log.read_text()[-2000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.health", description="Time to the first healthy answer."
    )
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    ready, stopped = zip(*(measure(wanted.workers) for _ in range(wanted.runs)), strict=True)
    written: dict[str, object] = {
        "benchmark": "health",
        "workers": wanted.workers,
        "ready_s": list(ready),
        "stop_s": list(stopped),
        "targets": {"ready_s": TARGET_S},
    }
    results.append("health", written)
    if wanted.json:
        print(json.dumps(written))
        return
    median = statistics.median(ready)
    print(f"healthy after {median:.1f} s ({min(ready):.1f} to {max(ready):.1f}) [≤ {TARGET_S:.0f}]")
    print(f"stopped after {statistics.median(stopped):.1f} s")


if __name__ == "__main__":
    main()
