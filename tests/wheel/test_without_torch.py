"""What a server without torch says when it is asked for what needs torch: a sentence with the command that adds it."""

import hashlib
import json
from pathlib import Path

import pytest

from models.weights import LAMA
from tests.wheel.environment import HERE, Environment

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("server", [HERE], indirect=True)]
ADD = "pip install 'photobatch[server]'"


def test_weights_of_a_network_are_not_even_fetched(server: Environment) -> None:
    said = server.says("photobatch", "models", "pull", LAMA)
    assert (said.returncode, len(said.stderr.strip().splitlines())) == (1, 1), said.stderr
    assert "needs torch" in said.stderr
    assert ADD in said.stderr


def test_a_photo_that_needs_a_network_says_so(server: Environment, own_photos: Path, tmp_path: Path) -> None:
    """With weights that come from elsewhere: a folder that a machine with torch filled, say."""
    models = {"BATCH_MODEL_DIR": str(tmp_path)}
    (tmp_path / "lama.safetensors").write_bytes(b"weights")
    record = {"file": "lama.safetensors", "sha256": hashlib.sha256(b"weights").hexdigest(), "source_sha256": ""}
    (tmp_path / f"{LAMA}.json").write_text(json.dumps({"name": LAMA, "network": "LaMa", **record}))
    words = ["--preset", "erase", "--param", 'regions={"boxes": [[0.4, 0.4, 0.1, 0.1]]}', "--out", tmp_path / "out"]
    said = server.says("photobatch", "run", own_photos / "photos/coffee.jpg", *words, "--json", **models)
    assert said.returncode == 1, said.stderr
    [photo] = json.loads(said.stdout)["results"]
    assert (photo["error"]["code"], ADD in photo["error"]["message"]) == ("torch_missing", True)
    weights = server.finds(**models)["weights"]
    assert (weights["state"], ADD in weights["advice"]) == ("wrong", True)


def test_without_a_compiler_too_nothing_starts_and_doctor_knows_why(server: Environment, own_photos: Path) -> None:
    nowhere = {"PATH": "/nowhere"}
    for words in (["run", own_photos / "photos", "--preset", "filter_warm", "--out", "none"], ["serve"]):
        said = server.says("photobatch", *words, **nowhere)
        assert said.returncode == 1
        assert "there is no C compiler" in said.stderr.splitlines()[-1]
        assert ADD in said.stderr.splitlines()[-1]
    compiler = server.finds(**nowhere)["compiler"]
    assert (compiler["state"], ADD in compiler["advice"]) == ("wrong", True)
