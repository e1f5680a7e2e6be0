"""`photobatch doctor` as it is typed."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.servers import ports
from tests.deployments.conftest import World
from tests.photobatch.typed import Answer, Typist

NAMES = (
    "photobatch service python ray torch cuda opencv onnxruntime compiler /dev/shm disk server port redis blobs weights"
)


def lines(answer: Answer) -> dict[str, tuple[str, str]]:
    """The state and the words of each check, by its name."""
    rows = [line.split(maxsplit=2) for line in answer.stdout.splitlines()]
    return {name: (state, words) for state, name, words in rows}


def test_a_machine_on_which_all_is_well(tmp_path: Path) -> None:
    typist = Typist(tmp_path, BATCH_DATA_DIR=str(tmp_path / "data"), BATCH_API_PORT=str(ports.free()))
    said = typist.said("doctor")
    assert said.status == 0, said.stdout
    assert said.stderr == ""
    assert list(lines(said)) == NAMES.split()
    assert "wrong" not in {state for state, _ in lines(said).values()}
    assert "\x1b" not in said.stdout
    assert list(tmp_path.iterdir()) == [], "it leaves nothing behind"


def test_a_machine_on_which_nothing_is(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        typist = Typist(
            tmp_path,
            BATCH_DATA_DIR=str(tmp_path / "data"),
            BATCH_API_PORT=str(taken.getsockname()[1]),
            BATCH_BLOB_URL="file:///proc/photobatch",
            REDIS_URL="redis://user:secret@127.0.0.1:1/0",
            PHOTOBATCH_URL="http://127.0.0.1:1",
        )
        said = typist.said("doctor", "--json")
    assert said.status == 1
    assert said.json["ok"] is False
    wrong = {check["name"]: check for check in said.json["checks"] if check["state"] == "wrong"}
    assert wrong.keys() == {"service", "disk", "port", "redis", "blobs"}
    assert all(check["advice"] for check in wrong.values())
    assert "secret" not in said.stdout + said.stderr
    assert {check["name"] for check in said.json["checks"]} == set(NAMES.split())


def test_a_setting_that_cannot_be(tmp_path: Path) -> None:
    said = Typist(tmp_path, BATCH_MAX_WORKERS="none").said("doctor")
    assert said.status == 1
    state, words = lines(said)["settings"]
    assert (state, "BATCH_MAX_WORKERS" in words) == ("wrong", True)
    assert "python" in lines(said), "what needs no settings is looked at all the same"


def test_one_check_that_stumbles_ends_no_other(tmp_path: Path) -> None:
    too_long = tmp_path / ("x" * 300)
    said = Typist(tmp_path, BATCH_DATA_DIR=str(too_long), BATCH_API_PORT=str(ports.free())).said("doctor")
    assert (said.status, said.stderr) == (1, "")
    told = lines(said)
    assert list(told) == NAMES.split()
    assert {name for name, (state, _) in told.items() if state == "wrong"} >= {"disk", "weights"}
    assert all("File name too long" in told[name][1] for name in ("disk", "weights"))
    assert (told["server"][0], "not known" in told["server"][1]) == ("warning", True)


@pytest.mark.parametrize(
    ("content", "folder", "words"),
    [(b"\xff", "data", ".env: it is no UTF-8"), (b"", "~nobody-here/data", "BATCH_DATA_DIR or BATCH_MODEL_DIR")],
)
def test_settings_that_cannot_be_read(tmp_path: Path, content: bytes, folder: str, words: str) -> None:
    (tmp_path / ".env").write_bytes(content)
    said = Typist(tmp_path, BATCH_DATA_DIR=folder).said("doctor")
    assert (said.status, said.stderr) == (1, "")
    state, told = lines(said)["settings"]
    assert (state, words in told) == ("wrong", True)


def test_the_client_alone_says_so(tmp_path: Path) -> None:
    script = "import sys; sys.modules['ray'] = None; sys.argv = ['photobatch', 'doctor']\n"
    script += "from photobatch import address\n"
    script += "from photobatch.commands import command\n"
    script += "address.LOCAL = 'http://127.0.0.1:1'; command.main()"  # something may run at the usual address
    environment = os.environ | {"PHOTOBATCH_URL": ""}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False)
    told = lines(Answer(done.returncode, done.stdout, done.stderr))
    assert list(told) == ["photobatch", "service"]
    assert "the client only" in told["photobatch"][1]
    assert (done.returncode, told["service"][0]) == (1, "wrong")
    assert "PHOTOBATCH_URL" in told["service"][1]


async def test_the_service_is_asked(world: World, typist: Typist) -> None:
    world.coordinator.employ()
    said = await typist.types("doctor")
    state, words = lines(said)["service"]
    assert (state, "version test" in words, "install the version" in words) == ("warning", True, True)
    world.coordinator.down = True
    said = await typist.types("doctor")
    assert (said.status, lines(said)["service"][0]) == (1, "wrong")
