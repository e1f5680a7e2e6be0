"""What a GPU does for photobatch: `python -m benchmarks.gpu_check [--out FILE] [--parts …] [--fake]`. Needs no network.

At most 9 minutes. Each part runs in a process of its own, with a time limit; one that fails or is ended leaves its
error, and the next one runs. Prints JSON, after each part what is there so far. If the GPU decodes JPEGs more slowly
than the CPU's cores, it says so, and leaves out what would build on that.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
# The most important first; seconds.
LIMITS = {
    "versions": 40,
    "loss": 30,
    "copies": 30,
    "codec": 80,
    "damaged": 50,
    "lama": 60,
    "detector": 80,
    "flights": 50,
    "retoucher": 150,
    "ladder": 50,
    "tests": 90,
}
WHOLE_S = 525
NOT_WORTH_IT = (
    "the GPU decodes JPEGs more slowly than the CPU's cores do: BATCH_GPU_JPEG stays off, and GPUs are for networks"
)
BUILDS_ON_DECODING = ("flights", "retoucher")

Report = dict[str, object]


def has_gpu() -> bool:
    """Whether torch can use one; asked in another process, so that this one keeps no context."""
    asked = "import sys, torch; sys.exit(not torch.cuda.is_available())"
    return subprocess.run([sys.executable, "-c", asked], check=False, capture_output=True).returncode == 0


def measured(name: str, limit_s: float, *, fake: bool) -> Report:
    """Return what a part says, or its error."""
    words = [sys.executable, "-m", "benchmarks.gpu.part", name, *(["--fake"] if fake else [])]
    begun = time.monotonic()
    part = subprocess.Popen(
        words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        said, errors = part.communicate(timeout=limit_s)
    except subprocess.TimeoutExpired:
        os.killpg(part.pid, signal.SIGKILL)  # its own processes too
        said, errors = part.communicate()
        errors = f"ended after {limit_s:.0f} s\n{errors[-1500:]}"
    took = {"seconds": round(time.monotonic() - begun, 1)}
    if part.returncode != 0:
        return took | {"error": errors[-2000:].strip() or f"ended with {part.returncode}"}
    try:
        return took | {"found": json.loads(said.strip().splitlines()[-1])}
    except (ValueError, IndexError):
        return took | {"error": f"said no JSON: {said[-500:]}"}


def is_worth_it(codec: Report) -> bool:
    """Whether the GPU-first path may pay; it may where that could not be measured."""
    found = codec.get("found")
    return not isinstance(found, dict) or bool(found["worth_it"])


def check(parts: list[str], out: Path | None, *, fake: bool) -> Report:
    """Run the parts, in the order of LIMITS."""
    report: Report = {"fake": fake}
    deadline = time.monotonic() + WHOLE_S
    for name in (name for name in LIMITS if name in parts):
        left = deadline - time.monotonic()
        if name in BUILDS_ON_DECODING and report.get("verdict") == NOT_WORTH_IT and not fake:
            report[name] = {"left_out": NOT_WORTH_IT}
        elif left < 5:
            report[name] = {"left_out": "no time is left"}
        else:
            report[name] = found = measured(name, min(LIMITS[name], left) if not fake else WHOLE_S, fake=fake)
            if name == "codec" and not is_worth_it(found):
                report["verdict"] = NOT_WORTH_IT
        if out is not None:
            out.write_text(json.dumps(report, indent=1))
        print(f"{name}: {json.dumps(report[name])[:200]}", file=sys.stderr, flush=True)
    return report


def main() -> int:
    """The command line; exit status 1 if a part failed, or without a GPU."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu_check", description="What a GPU does here.")
    parser.add_argument("--out", type=Path, help="write the report here, after each part")
    parser.add_argument("--parts", nargs="+", choices=LIMITS, default=list(LIMITS))
    parser.add_argument("--fake", action="store_true", help="run every line once, tiny, on a fake GPU")
    wanted = parser.parse_args()
    if not (wanted.fake or has_gpu()):
        print("torch finds no GPU here; --fake runs every line once without one.", file=sys.stderr)
        return 1
    report = check(wanted.parts, wanted.out, fake=wanted.fake)
    print(json.dumps(report, indent=1))
    return 1 if any(isinstance(part, dict) and "error" in part for part in report.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
