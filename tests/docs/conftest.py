"""A service that has all that the pages speak of, and a folder with what their readers have."""

import shutil
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from PIL import Image
from skimage import data

from benchmarks.servers.s3_server import S3Server
from benchmarks.servers.server import Server, serving
from tests.docs.story import Story
from tests.presets.camera_raw.xmp import of_attributes

FILM = "LUT_3D_SIZE 2\n" + "".join(f"{r} {g} {b}\n" for b in (0, 1) for g in (0, 1) for r in (0, 0.9))


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None: ...


@pytest.fixture(scope="session")
def own_photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two photos and a mask, as the pages call them."""
    folder = tmp_path_factory.mktemp("own")
    for name, shot in {"one.jpg": data.coffee(), "two.jpg": data.astronaut()}.items():
        Image.fromarray(shot).save(folder / name, quality=92)
    mask = Image.new("L", (120, 80), 0)
    mask.paste(255, (10, 10, 30, 30))
    mask.save(folder / "mask.png")
    return folder


@pytest.fixture(scope="session")
def web(own_photos: Path) -> Iterator[str]:
    """Photos on the web."""
    host = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(own_photos)))
    threading.Thread(target=host.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{host.server_port}"
    host.shutdown()
    host.server_close()


@pytest.fixture(scope="session")
def bucket_of_photos(s3_server: S3Server, own_photos: Path) -> S3Server:
    """The bucket `my-photos` with a folder `2026`."""
    s3_server.make_bucket("my-photos")
    for photo in own_photos.glob("*.jpg"):
        s3_server.call("PUT", "my-photos", f"2026/{photo.name}", photo.read_bytes())
    return s3_server


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, bucket_of_photos: S3Server) -> Iterator[Server]:
    """What `make serve` starts, with the settings that the pages name."""
    settings = {"BATCH_ALLOWED_HOSTS": "127.0.0.1", "BATCH_SOURCE_URLS": "s3://my-photos/2026"}
    with serving(tmp_path_factory.mktemp("service"), **settings, **bucket_of_photos.environment()) as running:
        yield running


@pytest.fixture
def reader_folder(tmp_path: Path, own_photos: Path) -> Path:
    """What lies there when a reader begins: some photos, a LUT, a network, and the environment."""
    folder = tmp_path / "reader"
    shutil.copytree(own_photos, folder / "photos")
    for photo in own_photos.iterdir():
        shutil.copy(photo, folder)
    (folder / "film.cube").write_text(FILM)
    (folder / "golden.xmp").write_bytes(of_attributes(Exposure2012="+0.50", Dehaze="+5"))
    from tests.checkpoints import compact_network, write_safetensors  # noqa: PLC0415  # torch, for this alone

    write_safetensors(compact_network(), folder / "denoise.safetensors")
    (folder / ".venv").symlink_to(sys.prefix)
    return folder


@pytest.fixture
def story(service: Server, web: str, reader_folder: Path, tmp_path: Path) -> Story:
    """A reader before the first line of a page."""
    environment = {"PHOTOBATCH_URL": service.url, "BATCH_DATA_DIR": str(tmp_path / "data"), "BATCH_MAX_WORKERS": "2"}
    addresses = {
        "http://127.0.0.1:8001": service.url,
        "http://photos.example:8001": service.url,
        "https://photos.example.org": web,
    }
    return Story(reader_folder, environment | {"HOME": str(reader_folder)}, addresses)
