"""`serve deploy` finds the application of an installed wheel: docs/operations.md says how."""

from pathlib import Path

import pytest

from benchmarks.servers.deployed import Deployed
from tests.wheel.environment import HERE, Environment

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("server", [HERE], indirect=True)]


def test_a_cluster_serves_what_pip_installed(server: Environment, own_photos: Path, tmp_path: Path) -> None:
    code = Path(server.says("python", "-m", "photobatch.server_code").stdout.strip())
    assert code.is_relative_to(server.folder)
    cluster = Deployed(tmp_path, code, server.bin, PYTHONPATH="", BATCH_FILE_ROOTS=str(own_photos))
    try:
        cluster.start()
        photo = (own_photos / "photos/coffee.jpg").as_uri()
        task = cluster.submit(preset_id="filter_warm", photos=[{"source": photo}])["task_id"]
        assert cluster.ended(task)["status"] == "completed", cluster.photos(task)
    finally:
        cluster.kill()
        cluster.http.close()
