"""Unit tests pass in the oldest and the newest other Python here: those that need no torch, and start nothing."""

import pytest

from tests.wheel.environment import HERE, ROOT, Environment, interpreters

pytestmark = pytest.mark.slow
NEEDED = ("hypothesis", "pytest", "pytest-asyncio", "pyvips", "pyvips-binary", "rawpy", "scikit-image")
UNITS = (
    "tests/actors/batches",
    "tests/actors/photos",
    "tests/deployments/wire/test_json_pieces.py",
    "tests/models/codec",
    "tests/models/colour",
    "tests/models/compiled",
    "tests/models/faces/test_detector.py",
    "tests/presets/test_catalogue.py",
    "tests/presets/test_params.py",
    "tests/presets/test_sliders.py",
    "tests/storage/test_keys.py",
)
OTHERS = (
    "actors/batches/test_archive.py",
    "actors/batches/test_reuse.py",
    "models/codec/test_codec_every_tag.py",
    "models/colour/test_colour_[cl]*",
)


OTHER = sorted(set(interpreters()) - {HERE}, key=lambda version: tuple(map(int, version.split("."))))


@pytest.mark.parametrize("server", sorted({*OTHER[:1], *OTHER[-1:]}), indirect=True)
def test_units_pass(server: Environment) -> None:
    server.install(*NEEDED, quickly=True)
    words = ["-m", "pytest", "-q", "-m", "not slow", "-o", "addopts=--import-mode=importlib", "--noconftest"]
    words += [f"--ignore-glob={ROOT}/tests/{name}" for name in OTHERS]
    done = server.says("python", *words, "-p", "no:cacheprovider", *UNITS, cwd=ROOT, timeout_s=600)
    assert done.returncode == 0, done.stdout[-5000:]
    assert int(done.stdout.split(" passed")[0].split()[-1]) > 900
