"""A worker whose GPU is lost ends, whatever it was computing: nothing would work in its process any more."""

import os
import subprocess
import sys
from pathlib import Path

from actors.worker.crumb import read_crumb

WORKER = """
import asyncio
from actors.worker.compute import Compute
from actors.worker.crumb import Crumb
from models.errors import DeviceLostError

class Lost:
    def preview(self, *_):
        raise DeviceLostError("CUDA error: an illegal memory access was encountered")

async def main():
    compute = Compute(Lost(), Crumb("lost-device-test"), timeout_s=60)
    await compute.preview(b"", [], [], 64)

asyncio.run(main())
"""


def test_a_preview_on_a_lost_gpu_ends_the_worker(tmp_path: Path) -> None:
    here = os.environ | {"TMPDIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", WORKER], env=here, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "the GPU is lost: this worker ends" in done.stderr
    [crumb] = tmp_path.glob("photobatch-crumbs-*/*")
    left = read_crumb(str(crumb))
    assert left
    assert left.device_lost
    assert "Traceback" in done.stderr
