"""The C code under sanitizers, with the bits of files damaged a million times: storm.c."""

import struct
import subprocess
from pathlib import Path

import numpy as np
import pytest

import models.compiled.jpeg
from models.compiled.jpeg.frame import Frame, read_frame
from models.compiled.jpeg.scanned import Scanned
from tests.models.compiled.jpeg.samples import functions, sample
from tests.models.compiled.storms import built

FILES = {
    "420": sample(48, 40),
    "444": sample(31, 24, "444"),
    "422": sample(40, 24, "422"),
    "gray": sample(40, 24, "gray"),
    "restarts": sample(48, 48, restart_marker_blocks=2),
}


@pytest.fixture(scope="module")
def storm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    sources = [Path(__file__).with_name("storm.c"), *Path(models.compiled.jpeg.__file__).parent.glob("*.c")]
    return built(tmp_path_factory.mktemp("storm"), sources, "-lm")


def written(file: bytes, path: Path) -> Path:
    """The file as storm.c reads it."""
    frame = read_frame(file)
    assert frame is not None
    columns, rows = frame.mcus
    bits = file[frame.bits_at :]
    head = columns, rows, len(frame.components), frame.width, frame.height, frame.interval, len(bits)
    path.write_bytes(struct.pack("7I", *head) + b"".join(components_of(frame, file)) + bits)
    return path


def components_of(frame: Frame, file: bytes) -> list[bytes]:
    parts = []
    scanned = Scanned(functions(), file, frame, 2)
    for component, there in zip(frame.components, scanned.jpeg.components, strict=False):
        across, down = there.cells_across, there.cells_down
        parts.append(struct.pack("5I", component.across, component.down, across, down, there.last))
        weights = np.linspace(0.5, -0.5, across * across + down * down, dtype=np.float32)
        parts += [weights.tobytes(), component.quants.tobytes()]
        parts += [component.dc.decoding("dc").tobytes(), component.ac.decoding("ac").tobytes()]
        for table in (component.dc, component.ac):
            parts += [table.codes.tobytes(), table.lengths.tobytes()]
    return parts


def survived(storm: Path, file: Path, times: int) -> int:
    done = subprocess.run([storm, file, str(times), "11"], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return int(done.stdout)


@pytest.mark.parametrize("name", FILES)
def test_a_short_storm(storm: Path, tmp_path: Path, name: str) -> None:
    accepted = survived(storm, written(FILES[name], tmp_path / "file"), 2000)
    assert 100 < accepted < 1900


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_a_million_damaged_files(storm: Path, tmp_path: Path, name: str) -> None:
    assert survived(storm, written(FILES[name], tmp_path / "file"), 200_000) > 10_000
