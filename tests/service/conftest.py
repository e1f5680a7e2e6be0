"""One server for the tests that only use it, and small real photos."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from skimage import data

from benchmarks.servers.deployed import Deployed, deployed
from benchmarks.servers.server import Server, serving

CONTRACT = {
    "test_service_batches",
    "test_service_looks",
    "test_service_metrics",
    "test_service_progress",
    "test_service_shares",
    "test_slow_clients",
}


@pytest.fixture(scope="session")
def photo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    for name in ("astronaut", "coffee", "chelsea", "rocket"):
        Image.fromarray(getattr(data, name)()).save(folder / f"{name}.jpg", quality=92)
    Image.fromarray(data.coffee()).save(folder / "coffee.png")
    (folder / "text.jpg").write_text("this is no photo")
    (folder / "empty.jpg").write_bytes(b"")
    (folder / "drawing.jpg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    (folder / "cut.jpg").write_bytes((folder / "rocket.jpg").read_bytes()[:9000])
    return folder


@pytest.fixture(scope="session")
def settings(photo_folder: Path) -> dict[str, str]:
    """What both kinds of service are told."""
    return {
        "BATCH_FILE_ROOTS": str(photo_folder),
        "BATCH_ALLOWED_HOSTS": "127.0.0.1",
        "BATCH_CALLBACK_SECRET": "a secret",
    }


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory, settings: dict[str, str]) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("server"), **settings) as running:
        yield running


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory, settings: dict[str, str]) -> Iterator[Deployed]:
    with deployed(tmp_path_factory.mktemp("cluster"), **settings) as running:
        yield running


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest) -> Server:
    """The embedded service; in modules of the contract, the one on a cluster too."""
    running: Server = request.getfixturevalue(getattr(request, "param", "embedded"))
    return running


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Let what the contract says be true of both kinds of service."""
    if metafunc.module.__name__.rpartition(".")[2] in CONTRACT and "server" in metafunc.fixturenames:
        on_a_cluster = pytest.param("cluster", marks=pytest.mark.slow)
        metafunc.parametrize("server", ["embedded", on_a_cluster], indirect=True, scope="session")
