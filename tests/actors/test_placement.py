"""Workers share GPUs by fractions, and a fraction that does not fit waits."""

import json
import subprocess
import sys
from pathlib import Path


def test_four_quarters_land_on_one_gpu_and_a_fifth_stays_pending(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "tests.actors.placement", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    told = json.loads(run.stdout.splitlines()[-1])
    assert told["workers"] == {"ready": 4, "busy": 0, "starting": 1, "max": 5}
    assert told["gpu"] == 0
    assert told["cpu"] == 4, "one core each, and none for the coordinator"
    assert told["succeeded"] == 20
