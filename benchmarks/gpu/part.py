"""One part of the check, in a process of its own: `python -m benchmarks.gpu.part NAME [--fake]`. Prints JSON."""

import argparse
import json
from collections.abc import Callable
from contextlib import ExitStack

import torch

from benchmarks.gpu import basics, codecs, detecting, networks, retouching
from benchmarks.gpu.fake_device import FakeDevice
from benchmarks.gpu.plan import FULL, Plan, Report, tiny
from models.neural.device import device_for, why_no_gpu

PARTS: dict[str, Callable[[Plan], Report]] = {
    "versions": basics.versions,
    "copies": basics.copies,
    "loss": basics.loss,
    "codec": codecs.codec,
    "detector": detecting.detector,
    "flights": retouching.flights,
    "retoucher": retouching.retoucher,
    "damaged": codecs.damaged,
    "lama": networks.lama,
    "ladder": networks.ladder,
    "tests": basics.tests,
}


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu.part", description=__doc__)
    parser.add_argument("name", choices=PARTS)
    parser.add_argument("--fake", action="store_true", help="tiny, on a fake GPU")
    wanted = parser.parse_args()
    with ExitStack() as stack:
        plan = tiny(stack.enter_context(FakeDevice())) if wanted.fake else FULL
        if device_for(1.0) != "cuda":
            raise SystemExit(f"no GPU: {why_no_gpu()}")
        with torch.inference_mode():
            report = PARTS[wanted.name](plan)
    print(json.dumps(report), flush=True)


if __name__ == "__main__":
    main()
