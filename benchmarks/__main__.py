"""Runs all benchmarks in turn: `python -m benchmarks [--quick]`. Each prints its figures beside their targets.

About 40 minutes, with --quick about 6. Each runs in its own process; a failure does not stop the others.
"""

import argparse
import subprocess
import sys

NAMES = (
    "throughput",
    "latency",
    "coordinator",
    "scaling",
    "progress",
    "replicas",
    "memory",
    "startup",
    "erase",
    "preview",
    "shoot",
    "scrolling",
    "peers",
)


def main() -> int:
    """The command line; exit status 1 if a benchmark failed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Every benchmark after the other.")
    parser.add_argument("--quick", action="store_true", help="try each for a minute at most; recorded as quick")
    wanted = parser.parse_args()
    failed = []
    for name in NAMES:
        command = [sys.executable, "-m", f"benchmarks.{name}", *(["--quick"] if wanted.quick else [])]
        if subprocess.run(command, check=False).returncode != 0:
            failed.append(name)
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
