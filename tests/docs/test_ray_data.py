"""docs/ray-data.md is followed: its program runs on a Ray of its own, because Ray Data warns of itself."""

import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from PIL import Image

from tests.docs.pages import blocks

PAGE = "docs/ray-data.md"


@pytest.mark.slow
def test_results_and_a_report_lie_where_the_page_says(own_photos: Path, tmp_path: Path) -> None:
    (tmp_path / "photos/deep").mkdir(parents=True)
    (tmp_path / "photos/one.jpg").write_bytes((own_photos / "one.jpg").read_bytes())
    (tmp_path / "photos/deep/mask.png").write_bytes((own_photos / "mask.png").read_bytes())
    (tmp_path / "photos/deep/text.jpg").write_text("no photo")
    program = "".join(block.text for block in blocks(PAGE) if block.language == "python")
    own = "import ray\nray.init(address='local', num_cpus=2, include_dashboard=False)\n"
    done = subprocess.run(
        [sys.executable, "-"], input=own + program, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    written = sorted(path.relative_to(tmp_path / "results") for path in tmp_path.glob("results/**/*.*"))
    assert [str(path) for path in written] == ["deep/mask.png", "one.jpg"]
    with Image.open(tmp_path / "results/one.jpg") as result, Image.open(own_photos / "one.jpg") as photo:
        assert result.size == photo.size
    report = pq.read_table(tmp_path / "report").to_pylist()
    errors = {Path(row["path"]).name: row["error"] and row["error"]["code"] for row in report}
    assert errors == {"one.jpg": None, "mask.png": None, "text.jpg": "unsupported_media"}
