"""The stage in real pipelines of Ray Data."""

import io
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import ray.data
from PIL import Image
from ray.data import ActorPoolStrategy, Dataset

from photobatch.ray import Retouch
from tests.photobatch.stage.conftest import SHOTS, jpeg

# Ray Data warns that a small data set does not use all actors.
pytestmark = [pytest.mark.usefixtures("own_ray"), pytest.mark.filterwarnings("ignore::UserWarning")]
COMMAND = Path(sys.executable).with_name("photobatch")


def read(photos: Path, **options: Any) -> Dataset:
    return ray.data.read_binary_files(str(photos), include_paths=True, **options)


def by_name(dataset: Dataset) -> dict[str, dict[str, Any]]:
    return {Path(row["path"]).stem: row for row in dataset.take_all()}


@pytest.fixture(scope="module")
def run_gives(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What `photobatch run` makes of the photos."""
    out = tmp_path_factory.mktemp("out")
    words = [COMMAND, "run", photos, "--preset", "beauty_light", "--out", out, "--workers", "1"]
    subprocess.run(words, capture_output=True, timeout=120, check=False)
    return {path.stem: path.read_bytes() for path in out.glob("*.jpg")}


@pytest.mark.parametrize("batch_format", ["pyarrow", "numpy", "pandas"])
def test_results_are_those_of_photobatch_run(batch_format: str, photos: Path, run_gives: dict[str, bytes]) -> None:
    stage = Retouch("beauty_light")
    rows = by_name(read(photos).map_batches(stage, batch_size=4, batch_format=batch_format))
    assert {name: row["bytes"] for name, row in rows.items() if row["error"] is None} == run_gives
    assert run_gives.keys() == {*SHOTS}
    astronaut, rocket, damaged = rows["astronaut"], rows["rocket"], rows["damaged"]
    assert (astronaut["format"], astronaut["width"], astronaut["height"]) == ("jpeg", 320, 320)
    assert [face["retouched"] for face in astronaut["faces"]] == [True]
    assert (list(rocket["faces"]), list(rocket["notes"])) == ([], ["no_face"])
    assert damaged["bytes"] is None
    assert damaged["format"] is None
    assert (damaged["error"]["code"], damaged["error"]["retryable"]) == ("truncated", False)
    assert "cut off" in damaged["error"]["message"]


def test_other_columns_pass_through_and_types_are_the_same_in_every_block(tmp_path: Path) -> None:
    """One block has only failures, one has none; a table on disk shows that they fit together."""
    photo = jpeg("coffee", 64)
    table = pa.table({"bytes": [photo, b"no photo"], "id": [7, 8], "tags": [["a"], []]})
    stage = Retouch("filter_warm", output={"format": "webp", "metadata": "strip", "max_side": 32}, thumbnails=True)
    dataset = ray.data.from_arrow([table.slice(0, 1), table.slice(1, 1)]).map_batches(
        stage, batch_size=1, batch_format="pyarrow"
    )
    dataset.write_parquet(str(tmp_path))
    good, bad = pq.read_table(tmp_path).sort_by("id").to_pylist()
    assert (good["id"], good["tags"], bad["id"], bad["tags"]) == (7, ["a"], 8, [])
    assert (good["format"], good["width"], good["bytes"][8:12]) == ("webp", 32, b"WEBP")
    assert (good["thumbnail"][:2], good["faces"], good["error"]) == (b"\xff\xd8", None, None)
    assert (bad["bytes"], bad["thumbnail"], bad["error"]["code"]) == (None, None, "unsupported_media")


def test_stages_follow_each_other_and_an_error_is_kept(photos: Path) -> None:
    warm, mono = Retouch("filter_warm"), Retouch("color_mono", output={"format": "png"})
    one = ActorPoolStrategy(size=1)
    dataset = read(photos).map_batches(warm, compute=one, batch_size=2).map_batches(mono, compute=one, batch_size=2)
    rows = by_name(dataset)
    assert rows["damaged"]["error"]["code"] == "truncated"
    assert {row["bytes"][1:4] for name, row in rows.items() if name != "damaged"} == {b"PNG"}


def test_no_photos_are_no_results(photos: Path) -> None:
    nothing = read(photos).filter(expr="path == 'nowhere'")
    assert nothing.map_batches(Retouch("filter_warm"), batch_size=4).take_all() == []


def test_each_photo_has_its_mask(photos: Path) -> None:
    whole = jpeg("coffee")
    masks = [_mask((100, 80, 140, 120)), None]
    rows = ray.data.from_arrow(pa.table({"bytes": [whole, whole], "white": pa.array(masks, pa.binary())}))
    erased, left = rows.map_batches(Retouch("erase", mask_column="white"), batch_size=2).take_all()
    assert (erased["error"], erased["bytes"] != whole) == (None, True)
    assert left["error"]["code"] == "empty_mask"


def test_a_killed_actor_costs_nothing_but_time(photos: Path, run_gives: dict[str, bytes], tmp_path: Path) -> None:
    stage = Retouch("beauty_light")

    class Killed(stage):  # type: ignore[valid-type, misc]
        """The first batch but one ends its actor, as kill -9 does."""

        def __call__(self, batch: Any) -> Any:
            made = super().__call__(batch)
            with (tmp_path / "calls").open("a") as calls:
                calls.write(f"{os.getpid()}\n")
            if (tmp_path / "calls").read_text().count("\n") == 2:
                os.kill(os.getpid(), signal.SIGKILL)
            return made

    one = ActorPoolStrategy(size=1)
    dataset = read(photos, override_num_blocks=6).map_batches(Killed, compute=one, batch_size=1, batch_format="pyarrow")
    rows = by_name(dataset)
    assert {name: row["bytes"] for name, row in rows.items() if row["error"] is None} == run_gives
    assert len({*(tmp_path / "calls").read_text().split()}) == 2


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"photo": [b"x"], "id": [1]}, "There is no column 'bytes'; there are photo, id."),
        ({"bytes": ["a name"]}, "The column 'bytes' holds string, not the bytes of files."),
    ],
)
def test_a_wrong_column_ends_the_job(columns: dict[str, Any], said: str) -> None:
    dataset = ray.data.from_arrow(pa.table(columns)).map_batches(Retouch("filter_warm"), batch_size=1)
    with pytest.raises(Exception, match=said):
        dataset.take_all()


def _mask(box: tuple[int, int, int, int]) -> bytes:
    mask = Image.new("L", (320, 213))
    mask.paste(255, box)
    mask.save(file := io.BytesIO(), "PNG")
    return file.getvalue()
