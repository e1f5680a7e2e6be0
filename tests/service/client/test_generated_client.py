"""A client that openapi-python-client makes of our OpenAPI document submits, and fetches every kind of file."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from benchmarks.servers.server import Server
from tests.wheel.environment import HERE, Environment, interpreters

pytestmark = pytest.mark.slow

GENERATOR = "openapi-python-client==0.29.1"
# What the generator takes for bytes; it knows neither ZIP nor JSON lines.
CONFIG = {"content_type_overrides": dict.fromkeys(["application/zip", "application/jsonl"], "application/octet-stream")}
PROGRAM = """
import sys, time
import httpx
from made.api.batches import get_batch, manifest, submit_batch
from made.api.photos import adjust_photo, append_photos, archive, list_photos, original, result, thumbnail
from made.api.batches import close_batch
from made.client import Client
from made.models import Adjustment, AdjustmentPresetParams, AppendRequest, SubmitRequest

client = Client(base_url=sys.argv[1], raise_on_unexpected_status=True, timeout=httpx.Timeout(60.0))
asked = SubmitRequest(image_urls=sys.argv[2:3], preset_id="filter_warm", open_=True)
task = submit_batch.sync(client=client, body=asked).task_id
append_photos.sync(task, client=client, body=AppendRequest(image_urls=sys.argv[3:]), at=1)
close_batch.sync(task, client=client)

def ended():
    while (batch := get_batch.sync(task, client=client)).status not in {"completed", "failed"}:
        time.sleep(0.1)
    return batch

assert ended().counts.succeeded == 2
own = AdjustmentPresetParams.from_dict({"strength": 0.5})
adjust_photo.sync(task, 1, client=client, body=Adjustment(preset_params=own))
assert ended().counts.succeeded == 2
assert [photo.revision for photo in list_photos.sync(task, client=client).items] == [0, 1]
files = [each.sync(task, 0, client=client).payload.read() for each in (result, thumbnail, original)]
assert all(file.startswith(b"\\xff\\xd8") for file in files), [file[:9] for file in files]
assert archive.sync(task, client=client).payload.read().startswith(b"PK")
assert len(manifest.sync(task, client=client).payload.read().splitlines()) == 2
"""


def test_a_generated_client_fetches_what_a_batch_gave(server: Server, photo_folder: Path, tmp_path: Path) -> None:
    environment = Environment(tmp_path, interpreters()[HERE])
    environment.install(GENERATOR, quickly=True, pinned=False)
    (tmp_path / "openapi.json").write_text(server.http.get("/openapi.json").text)
    (tmp_path / "config.json").write_text(json.dumps(CONFIG))
    options = ["--path", tmp_path / "openapi.json", "--config", tmp_path / "config.json", "--meta", "none"]
    words = ["generate", *options, "--output-path", tmp_path / "made", "--fail-on-warning"]
    with_ruff = f"{environment.bin}:{os.environ['PATH']}"  # the generator looks for it there
    made = environment.says("openapi-python-client", *words, PATH=with_ruff)
    assert made.returncode == 0, made.stdout + made.stderr
    sources = [(photo_folder / name).as_uri() for name in ("coffee.jpg", "rocket.jpg")]
    done = subprocess.run(
        [environment.bin / "python", "-c", PROGRAM, server.url, *sources],
        cwd=tmp_path, env=environment.variables, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
