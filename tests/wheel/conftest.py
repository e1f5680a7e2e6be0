"""The wheel and what is installed from it, each made once: an installation takes most of a minute."""

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from skimage import data

from tests.wheel.environment import HERE, ROOT, Environment, interpreters


@pytest.fixture(scope="session")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make dist` makes: the wheel is built from the source distribution, so that has all that it needs."""
    folder = tmp_path_factory.mktemp("dist")
    words = ["make", "-o", "setup", "dist", f"DIST={folder}", f"BIN={Path(sys.executable).parent}"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="session")
def wheel(dist: Path) -> Path:
    [wheel] = dist.glob("*.whl")
    return wheel


@pytest.fixture(scope="session")
def own_photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two photos, in which there are modules of the names of ours as well."""
    folder = tmp_path_factory.mktemp("own")
    (folder / "photos").mkdir()
    for name in ("astronaut", "coffee"):
        Image.fromarray(getattr(data, name)()).save(folder / f"photos/{name}.jpg", quality=92)
    for name in ("models", "actors", "storage", "deployments"):
        (folder / f"{name}.py").write_text("raise RuntimeError('this is somebody else\\'s')\n")
    return folder


@pytest.fixture(scope="session", params=interpreters())
def server(request: pytest.FixtureRequest, wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """`pip install 'photobatch[cpu]'`, for each Python of this machine."""
    environment = Environment(tmp_path_factory.mktemp(f"server-{request.param}"), interpreters()[request.param])
    environment.install(f"{wheel}[cpu]", quickly=request.param != HERE)
    return environment
