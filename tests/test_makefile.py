"""make finds a Python, and installs what is needed and no more."""

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_make_takes_the_first_python_that_starts(tmp_path: Path) -> None:
    """Of those that it may take; pyenv has a name for each that it knows, and starts one of them."""
    for name, says in {
        "python3.11": "exit 127",
        "python3.12": "exit 1",
        "python3.13": "exit 0",
        "python3": "exit 0",
    }.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{says}\n")
        (tmp_path / name).chmod(0o755)
    words = ["make", "-s", "--eval", "chosen: ; @echo $(PYTHON)", "chosen"]
    path = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(words, cwd=ROOT, env=os.environ | path, capture_output=True, text=True, check=True)
    assert done.stdout == "python3.13\n"


def test_make_says_what_it_needs_where_there_is_no_such_python(tmp_path: Path) -> None:
    words = ["make", f"BIN={tmp_path}", "PYTHONS=no-python", f"{tmp_path}/pip"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "photobatch needs Python 3.11 to 3.13" in done.stderr


def test_a_demo_installs_no_torch_and_after_a_setup_nothing(tmp_path: Path) -> None:
    (tmp_path / "pip").touch()

    def would_do(*arguments: str) -> str:
        words = ["make", "-n", f"BIN={tmp_path}", f"ALL={tmp_path}/all", f"CPU={tmp_path}/cpu", *arguments]
        return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert [extra in would_do("demo") for extra in (".[cpu,demo]", ".[server")] == [True, False]
    assert ".[server,dev]" in would_do("lint")
    (tmp_path / "cpu").touch()
    assert "pip install" not in would_do("demo")
    assert ".[server,dev]" in would_do("lint"), "the same .venv is completed"
    (tmp_path / "all").touch()
    assert "pip install" not in would_do("demo", "lint")
    assert f"touch {tmp_path}/all {tmp_path}/cpu" in would_do("setup", "-W", "constraints.txt")
