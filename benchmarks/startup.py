"""Start-up times: `python -m benchmarks.startup [--runs 5] [--quick] [--loaded 50]`.

`photobatch serve` from its start to the first healthy answer, and from Ctrl-C to its end; `photobatch run` of one photo
of 12 MP, from its start to its end. Both with an empty data folder: no colour table, no compiled library.
With --loaded N instead: how many of N starts of `photobatch serve` give a healthy answer beside eight busy loops.
"""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.record import command
from benchmarks.record.figures import Figure, Target
from benchmarks.servers.server import Server, ServerError, photobatch_command
from benchmarks.throughput import Case

LONGEST_S = 6.0
BUSY_LOOPS = 8
PATIENCE_S = 300.0


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
        # `env` sets variables that this process must not read or change.
        subprocess.run(
            ["env", f"BATCH_DATA_DIR={folder}/data", *words, "--workers", str(workers)],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=sys.stderr,
        )
        return time.perf_counter() - begun


@contextlib.contextmanager
def busy(loops: int) -> Iterator[None]:
    """Keep a number of processes computing until the end of the block."""
    with contextlib.ExitStack() as stack:
        for _ in range(loops):
            process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
            stack.callback(process.wait)
            stack.callback(process.kill)
        yield


def starts_beside_others(starts: int, workers: int) -> tuple[list[float], list[str]]:
    """Return the seconds of each healthy start, and the output of the others."""
    ready: list[float] = []
    failed: list[str] = []
    with busy(BUSY_LOOPS):
        for _ in range(starts):
            with tempfile.TemporaryDirectory(prefix="photobatch-startup-") as folder:
                server = Server(Path(folder), BATCH_MAX_WORKERS=str(workers))
                begun = time.perf_counter()
                try:
                    server.begin()
                    server.healthy(PATIENCE_S)
                    ready.append(time.perf_counter() - begun)
                except ServerError as error:
                    failed.append(str(error))
                finally:
                    server.kill()
                    server.http.close()
    return ready, failed


def main() -> None:
    """The command line."""
    parser = command.parser("startup", "How soon there is something to see.", quick="one run")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--loaded", type=int, default=0, metavar="N", help="N starts beside eight busy loops, alone")
    wanted = parser.parse_args()
    if wanted.loaded:
        came, failed = starts_beside_others(wanted.loaded, wanted.workers)
        case = {"what": "photobatch serve beside busy loops", "loops": BUSY_LOOPS, "starts": wanted.loaded}
        never = Figure("never healthy", "starts", [len(failed)], Target(0.0))
        command.Speaker("startup", wanted).report(case, [never, *([Figure("cold", "s", came)] if came else [])])
        print(*failed, sep="\n")
        return
    runs = 1 if wanted.quick else wanted.runs
    speaker = command.Speaker("startup", wanted)
    [photo] = Case("filter_warm", photos=1).make_photos()
    cold = [run(photo, wanted.workers) for _ in range(runs)]
    target = Target(LONGEST_S)
    speaker.report(
        {"what": "photobatch run", "photos": 1, "workers": wanted.workers}, [Figure("cold", "s", cold, target)]
    )
    ready, stopped = zip(*(serve(wanted.workers) for _ in range(runs)), strict=True)
    said = [Figure("cold", "s", ready, target), Figure("stopped", "s", stopped)]
    speaker.report({"what": "photobatch serve", "workers": wanted.workers}, said)


if __name__ == "__main__":
    main()
