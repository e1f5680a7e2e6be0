"""The C code under sanitizers, over pictures and holes of all shapes: storm.c."""

import subprocess
from pathlib import Path

import pytest

import models.compiled.patches
from tests.models.compiled.storms import built


@pytest.fixture(scope="module")
def storm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    sources = [Path(__file__).with_name("storm.c"), *Path(models.compiled.patches.__file__).parent.glob("*.c")]
    return built(tmp_path_factory.mktemp("storm"), sources, "-lm")


def survived(storm: Path, times: int, seed: int) -> int:
    done = subprocess.run([storm, str(times), str(seed)], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return int(done.stdout)


def test_a_short_storm(storm: Path) -> None:
    assert 20 < survived(storm, 300, 11) < 300


@pytest.mark.slow
def test_twenty_thousand_pictures(storm: Path) -> None:
    assert survived(storm, 20_000, 12) > 2000
