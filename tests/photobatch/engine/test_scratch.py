import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from photobatch.engine.scratch import Scratch
from photobatch.refusal import RefusalError


def test_the_folder_is_hidden_inside_and_goes(tmp_path: Path) -> None:
    out = tmp_path / "new/out"
    with Scratch(out) as folder:
        (folder / "blob").write_bytes(b"x")
        assert folder.parent == out
        assert folder.name.startswith(".photobatch-")
    assert list(out.iterdir()) == []


def test_what_a_killed_run_left_goes_and_what_a_living_one_has_stays(tmp_path: Path) -> None:
    script = "import sys, time; from pathlib import Path; from photobatch.engine.scratch import Scratch\n"
    script += "with Scratch(Path(sys.argv[1])): print('ready', flush=True); time.sleep(60)"
    runs = [subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE) for _ in range(2)]
    for run in runs:
        assert run.stdout is not None
        run.stdout.readline()
    killed, living = runs
    try:
        killed.kill()
        killed.wait()
        left = set(tmp_path.iterdir())
        assert len(left) == 2
        starting = tmp_path / ".photobatch-new-x"
        starting.mkdir()
        with Scratch(tmp_path) as own:
            assert len(left & set(tmp_path.iterdir())) == 1
            assert own.exists()
        assert starting.exists(), "young: it may be about to take its lock"
        os.utime(starting, (time.time() - 100, time.time() - 100))
        with Scratch(tmp_path):
            assert not starting.exists()
    finally:
        living.kill()
        living.wait()
        for run in runs:
            assert run.stdout is not None
            run.stdout.close()


def test_an_out_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(RefusalError, match="Choose another --out"), Scratch(tmp_path / "file"):
        pass
