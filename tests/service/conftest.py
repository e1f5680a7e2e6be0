"""One server for the tests that only use it, and small real photos."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from skimage import data

from benchmarks.server import Server, serving


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
def server(tmp_path_factory: pytest.TempPathFactory, photo_folder: Path) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    with serving(
        folder,
        BATCH_FILE_ROOTS=str(photo_folder),
        BATCH_ALLOWED_HOSTS="127.0.0.1",
        BATCH_CALLBACK_SECRET="a secret",
    ) as running:
        yield running
