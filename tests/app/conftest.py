"""The app as `make app-test` builds it, and the real service that it talks to."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from benchmarks.servers.folder_host import hosted
from benchmarks.servers.server import Server, serving

ROOT = Path(__file__).parents[2]
APP = ROOT / "app"


@dataclass(frozen=True)
class Site:
    """The app in a browser, and its service."""

    url: str
    service: Server


@pytest.fixture(scope="session")
def built() -> Path:
    """Check and build the app; returns the folder of its bundles. Skips on a laptop without Node.js; CI fails."""
    if shutil.which("npm") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("npm is not installed")
        pytest.skip("needs Node.js")
    told = subprocess.run(["make", "app-test"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout + told.stderr
    return APP / "dist"


@pytest.fixture(scope="session")
def site(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with (
        hosted(built / "web") as url,
        serving(tmp_path_factory.mktemp("server"), BATCH_CORS_ORIGINS=url) as service,
    ):
        yield Site(url, service)
