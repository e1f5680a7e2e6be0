"""Photos for pipelines: good ones, and one that is cut off."""

import io
import logging
from pathlib import Path

import pytest
import ray.data
import skimage.data
from PIL import Image

SHOTS = ("astronaut", "coffee", "chelsea", "rocket", "cat")


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with five photos, and `damaged.jpg`."""
    folder = tmp_path_factory.mktemp("stage") / "in"
    folder.mkdir()
    for shot in SHOTS:
        (folder / f"{shot}.jpg").write_bytes(jpeg(shot))
    (folder / "damaged.jpg").write_bytes(jpeg("astronaut")[:5000])
    return folder


def jpeg(shot: str, side: int = 320) -> bytes:
    picture = Image.fromarray(getattr(skimage.data, shot)())
    picture.thumbnail((side, side))
    picture.save(file := io.BytesIO(), "JPEG", quality=90)
    return file.getvalue()


@pytest.fixture(scope="session")
def own_ray(ray_here: None) -> None:
    """Prepare the Ray of all tests for pipelines."""
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    ray.data.DataContext.get_current().enable_progress_bars = False
