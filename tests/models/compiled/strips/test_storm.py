"""The C code under sanitizers, with files damaged two hundred thousand times: storm.c."""

import io
import struct
import subprocess
from pathlib import Path

import pytest
from PIL import Image, _imaging

import models.compiled
from models.compiled.jpeg.partial import TURNS
from models.compiled.strips.library import FUNCTIONS
from tests.models.compiled.jpeg.samples import sample
from tests.models.compiled.storms import built

FILES = {
    "420": (sample(41, 37), 1, 2, 2),
    "420 turned": (sample(41, 37), 8, 2, 2),
    "444 turned": (sample(31, 24, "444"), 5, 1, 1),
    "422 turned": (sample(40, 29, "422"), 3, 2, 1),
    "422 to 444, turned": (sample(39, 29, "422"), 6, 2, 1),
}


def libjpeg() -> str:
    """The file of Pillow's."""
    ldd = subprocess.run(["ldd", _imaging.__file__], check=True, capture_output=True, text=True)
    return next(line.split()[2] for line in ldd.stdout.splitlines() if "libjpeg" in line)


@pytest.fixture(scope="module")
def storm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    there = Path(models.compiled.__file__).parent
    sources = [
        there / "finish.c",
        there / "reduce.c",
        *(there / "strips").glob("*.c"),
        Path(__file__).with_name("storm.c"),
    ]
    return built(tmp_path_factory.mktemp("storm"), sources, "-ldl", "-lm", needs=("ldd",))


def survived(storm: Path, name: str, folder: Path, times: int) -> int:
    file, orientation, across, down = FILES[name]
    width, height = Image.open(io.BytesIO(file)).size
    head = (*TURNS[orientation], width, height, across, down, len(file))
    (folder / "file").write_bytes(struct.pack("8I", *head) + file)
    command = [storm, folder / "file", str(times), "11", libjpeg(), *FUNCTIONS]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return int(done.stdout)


@pytest.mark.parametrize("name", FILES)
def test_a_short_storm(storm: Path, tmp_path: Path, name: str) -> None:
    assert 50 < survived(storm, name, tmp_path, 1000) < 950


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_two_hundred_thousand_damaged_files(storm: Path, tmp_path: Path, name: str) -> None:
    assert survived(storm, name, tmp_path, 40_000) > 2000
