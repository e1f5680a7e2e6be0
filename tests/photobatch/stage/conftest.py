"""One Ray for all pipelines, and photos: good ones, and one that is cut off."""

import io
import logging
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import ray.data
import skimage.data
from PIL import Image

from deployments.local.local_ray import LocalRay
from deployments.local.session import new_scratch_folder

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
def own_ray() -> Iterator[None]:
    """A Ray of four CPUs and, so it says, a GPU."""
    scratch = new_scratch_folder()
    local = LocalRay(cpus=4, gpus=1, scratch=scratch)
    local.start()
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    ray.data.DataContext.get_current().enable_progress_bars = False
    yield
    local.stop()
    shutil.rmtree(scratch, ignore_errors=True)
