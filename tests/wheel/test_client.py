"""The wheel without an extra is the light client, and nothing else is needed for it to work."""

from pathlib import Path
from zipfile import ZipFile

import pytest

from photobatch import __version__
from tests.wheel.environment import HERE, ROOT, Environment, interpreters

NOWHERE = "http://127.0.0.1:1"
PROGRAM = """
import photobatch
from photobatch import AsyncPhotoBatch, PhotoBatch, UnavailableError
try:
    PhotoBatch("http://127.0.0.1:1", max_retries=0).stats()
except UnavailableError as error:
    print(error.code)
"""


@pytest.fixture(scope="module")
def client(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    environment = Environment(tmp_path_factory.mktemp("client"), interpreters()[HERE])
    environment.install(str(wheel))
    return environment


@pytest.mark.slow
def test_nothing_of_ours_lies_beside_photobatch(wheel: Path) -> None:
    names = ZipFile(wheel).namelist()
    assert {name.partition("/")[0] for name in names} == {"photobatch", f"photobatch-{__version__}.dist-info"}
    packed = {name.split("/")[2] for name in names if name.startswith("photobatch/_server/")}
    assert packed == {"deployments", "actors", "presets", "models", "storage", "web"}
    unused = ("__pycache__", "grafana", "helm", "kubernetes")
    assert not [name for name in names if any(part in name for part in unused)]


@pytest.mark.slow
def test_the_wheel_has_every_file_of_the_server(wheel: Path) -> None:
    """But what is only there to be read, or run, in a checkout."""
    archive = ZipFile(wheel)
    for folder in ("actors", "deployments", "models", "presets", "storage", "web"):
        for path in (ROOT / folder).rglob("*"):
            name = path.relative_to(ROOT)
            if path.is_file() and "__pycache__" not in name.parts and name.parts[1] not in {
                "grafana", "helm", "kubernetes", "reference",
            }:  # fmt: skip
                assert archive.read(f"photobatch/_server/{name}") == path.read_bytes()


@pytest.mark.slow
def test_the_client_works_alone(client: Environment) -> None:
    done = client.says("python", "-W", "error", "-c", PROGRAM)
    assert (done.returncode, done.stdout) == (0, "unreachable\n"), done.stderr
    assert client.says("photobatch", "--version").stdout == f"photobatch {__version__}\n"
    assert "photobatch" in client.says("python", "-m", "photobatch", "--help").stdout
    for command in ("submit", "watch", "status", "presets", "doctor"):
        shown = client.says("photobatch", command, "--help")
        assert f"photobatch {command}" in shown.stdout.partition("Example")[2], shown.stderr
    asked = client.says("photobatch", "status", "b1", "--url", NOWHERE)
    assert (asked.returncode, asked.stdout, "(unreachable)" in asked.stderr) == (3, "", True)


@pytest.mark.slow
def test_the_client_says_what_it_is_and_what_installs_more(client: Environment, own_photos: Path) -> None:
    looked = client.says("photobatch", "doctor", "--url", NOWHERE)
    assert (looked.returncode, looked.stderr) == (1, "")
    assert "the client only" in looked.stdout
    for command in (["serve"], ["run", own_photos / "photos", "--preset", "beauty_light", "--out", "out"]):
        refused = client.says("photobatch", *command)
        assert (refused.returncode, "Traceback" in refused.stderr) == (2, False)
        assert "pip install 'photobatch[server]'" in refused.stderr.splitlines()[-1]
