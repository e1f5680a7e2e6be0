"""`pip install 'photobatch[pixels]'` beside Ray Data: a stage in a program that has modules of our names."""

from pathlib import Path

import pytest

from tests.wheel.environment import HERE, Environment, interpreters

pytestmark = pytest.mark.slow
PROGRAM = """
import ray
from photobatch.ray import Retouch

ray.init(address="local", num_cpus=2, include_dashboard=False)
photos = ray.data.read_binary_files("photos", include_paths=True)
stage = Retouch("beauty_light", output={"format": "webp"})
rows = photos.map_batches(stage, batch_size=1, batch_format="pyarrow").take_all()
for row in sorted(rows, key=lambda row: row["path"]):
    print(row["path"].rpartition("/")[2], row["bytes"][8:12], row["error"])
"""


@pytest.fixture(scope="module")
def pipeline(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    environment = Environment(tmp_path_factory.mktemp("pipeline"), interpreters()[HERE])
    environment.install(f"{wheel}[pixels]", "ray[data]", quickly=True)
    return environment


def test_a_pipeline_of_somebody_else_retouches(pipeline: Environment, own_photos: Path) -> None:
    done = pipeline.says("python", "-c", PROGRAM, cwd=own_photos)
    assert done.stdout.splitlines() == ["astronaut.jpg b'WEBP' None", "coffee.jpg b'WEBP' None"], done.stderr
