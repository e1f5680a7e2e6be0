"""How soon there is something to see: `python -m benchmarks.startup [--runs 5] [--quick]`.

`photobatch serve` from its start to the first healthy answer, and from Ctrl-C to its end; `photobatch run` of one photo
of 12 MP, from its start to its end. Both with an empty data folder: no colour table, no compiled library.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import command
from benchmarks.figures import Figure, Target
from benchmarks.server import Server, photobatch_command
from benchmarks.throughput import Case

LONGEST_S = 6.0


def serve(workers: int) -> tuple[float, float]:
    """Return the seconds to the first healthy answer, and those from Ctrl-C to the end."""
    with tempfile.TemporaryDirectory(prefix="photobatch-startup-") as folder:
        server = Server(Path(folder), BATCH_MAX_WORKERS=str(workers))
        try:
            begun = time.perf_counter()
            server.start()
            ready = time.perf_counter() - begun
            os.kill(server.pid, signal.SIGINT)
            asked = time.perf_counter()
            server.wait()
            return ready, time.perf_counter() - asked
        finally:
            server.kill()
            server.http.close()


def run(photo: Path, workers: int) -> float:
    """Return the seconds that `photobatch run` takes for one photo."""
    with tempfile.TemporaryDirectory(prefix="photobatch-startup-") as folder:
        words = [photobatch_command(), "run", str(photo), "--preset", "filter_warm", "--out", f"{folder}/out"]
        begun = time.perf_counter()
        # `env` sets what this process has no business to read or change.
        subprocess.run(
            ["env", f"BATCH_DATA_DIR={folder}/data", *words, "--workers", str(workers)],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=sys.stderr,
        )
        return time.perf_counter() - begun


def main() -> None:
    """The command line."""
    parser = command.parser("startup", "How soon there is something to see.", quick="one run")
    parser.add_argument("--workers", type=int, default=2)
    wanted = parser.parse_args()
    runs = 1 if wanted.quick else wanted.runs
    speaker = command.Speaker("startup", wanted)
    [photo] = Case("filter_warm", photos=1).make_photos()
    cold = [run(photo, wanted.workers) for _ in range(runs)]
    target = Target(LONGEST_S)
    speaker.say({"what": "photobatch run", "photos": 1, "workers": wanted.workers}, [Figure("cold", "s", cold, target)])
    ready, stopped = zip(*(serve(wanted.workers) for _ in range(runs)), strict=True)
    said = [Figure("cold", "s", ready, target), Figure("stopped", "s", stopped)]
    speaker.say({"what": "photobatch serve", "workers": wanted.workers}, said)


if __name__ == "__main__":
    main()
