"""`pip install 'photobatch[cpu]'` and nothing of a checkout, for each Python of this machine: doctor, run, serve.

There is no torch: it is what a machine without a GPU does without.
"""

import base64
import io
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from benchmarks.servers.server import Server
from tests.wheel.environment import Environment

pytestmark = pytest.mark.slow
ERASE = {"regions": {"boxes": [[0.4, 0.4, 0.1, 0.1]]}}


@pytest.fixture
def service(server: Environment, own_photos: Path) -> Iterator[Server]:
    """`photobatch serve`, typed beside the modules of somebody else."""
    running = Server(own_photos, str(server.bin / "photobatch"), PYTHONPATH="", BATCH_FILE_ROOTS=str(own_photos))
    try:
        yield running.start()
    finally:
        running.kill()
        running.http.close()
        shutil.rmtree(own_photos / "data")


def test_doctor_finds_nothing_wrong_and_says_which_python(server: Environment) -> None:
    found = server.finds()
    assert found["exit"] == 0, found
    version = server.says("python", "-c", "import platform; print(platform.python_version())").stdout.strip()
    assert (found["python"]["state"], found["python"]["found"].split()[0]) == ("ok", version)
    assert (found["torch"]["state"], "not installed" in found["torch"]["found"]) == ("ok", True)
    assert {found[name]["state"] for name in ("photobatch", "ray", "opencv", "onnxruntime", "compiler", "weights")} == {
        "ok"
    }


def test_a_folder_of_photos_is_retouched(server: Environment, own_photos: Path, tmp_path: Path) -> None:
    words = ["run", "photos", "--preset", "beauty_light", "--out", tmp_path]
    done = server.says("photobatch", *words, cwd=own_photos)
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in tmp_path.glob("*.jpg")) == ["astronaut.jpg", "coffee.jpg"]


def test_the_service_has_its_page_and_does_every_preset_and_ends_in_order(service: Server) -> None:
    assert "<html" in service.http.get("/").text
    presets = [preset["id"] for preset in service.http.get("/api/v1/presets").json()["items"]]
    looks = [{"preset_id": preset, "preset_params": ERASE if preset == "erase" else {}} for preset in presets]
    assert len(looks) == 16
    sources = [path.as_uri() for path in sorted(service.folder.glob("photos/*.jpg"))]
    tasks = [service.submit(**look, photos=[{"source": source} for source in sources])["task_id"] for look in looks]
    for task in tasks:
        assert service.ended(task)["status"] == "completed", service.photos(task)
        first, _ = service.photos(task)
        assert Image.open(io.BytesIO(service.http.get(first["result"]["url"]).content)).size == (512, 512)
    astronaut = (service.folder / "photos/astronaut.jpg").read_bytes()
    source = service.http.post("/api/v1/uploads", content=astronaut, params={"name": "a.jpg"}).json()["source"]
    shown = service.http.post("/api/v1/presets/preview", json={"source": source, "items": looks, "max_side": 128})
    pictures = [base64.b64decode(item["image"]) for item in shown.json()["items"]]
    assert [Image.open(io.BytesIO(picture)).size for picture in pictures] == [(128, 128)] * 16
    assert service.stop() == 0
