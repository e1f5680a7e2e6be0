"""Other users of the machine see nothing of a running service, and change nothing."""

import json
import os
import pwd
import shutil
import socket
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from benchmarks.servers.server import Server, serving
from deployments.local import server
from deployments.local.session import SCRATCH


@pytest.fixture(scope="module")
def in_the_open() -> Iterator[Server]:
    """A service whose folders lie where everybody may look."""
    if os.getuid() != 0:
        if os.environ.get("CI") == "true":
            pytest.fail("only root can act as another user")
        pytest.skip("only root can act as another user")
    folder = Path(tempfile.mkdtemp(prefix="photobatch-open-", dir="/tmp"))
    folder.chmod(0o755)
    try:
        with serving(folder) as server:
            server.submit(image_urls=["http://127.0.0.1:9/x.jpg"], preset_id="filter_warm")
            yield server
    finally:
        shutil.rmtree(folder)


def as_nobody(act: Callable[[], Any]) -> Any:
    """Return what `act` returns in a process of the user nobody."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        nobody = pwd.getpwnam("nobody")
        os.setgroups([])
        os.setgid(nobody.pw_gid)
        os.setuid(nobody.pw_uid)
        os.write(writing, json.dumps(act()).encode())
        os._exit(0)
    os.close(writing)
    with open(reading) as answer:
        told = json.loads(answer.read())
    os.waitpid(child, 0)
    return told


def folders(server: Server) -> list[Path]:
    """Every folder in which the service keeps something."""
    [scratch] = Path(tempfile.gettempdir()).glob(f"{SCRATCH}-{server.pid}-*")
    roots = [server.folder / "data", scratch]
    inside = [path for root in roots for path in root.rglob("*") if path.is_dir()]
    opened = {Path(file.path).parent for process in server.family() for file in opened_by(process)}
    assert len(inside) > 5
    return [*roots, *inside, *(path for path in opened if path != server.folder)]


def opened_by(process: psutil.Process) -> list[Any]:
    with suppress(psutil.Error):
        return [file for file in process.open_files() if file.mode != "r"]
    return []


def sockets(server: Server) -> list[str]:
    """The paths of every unix socket at which one of its processes listens."""
    paths = {
        line.split()[-1]
        for line in Path("/proc/net/unix").read_text().splitlines()[1:]
        if f"{SCRATCH}-{server.pid}-" in line
    }
    assert paths, "Ray has two at least"
    return sorted(paths)


def test_nobody_reads_or_plants_anything(in_the_open: Server) -> None:
    places = folders(in_the_open)

    def attack() -> list[str]:
        done = []
        for place in places:
            with suppress(OSError):
                os.listdir(place)
                done.append(f"listed {place}")
            with suppress(OSError):  # what somebody writes there later would go to a file of the attacker's choice
                (place / "planted").symlink_to("/etc/passwd")
                done.append(f"planted a link in {place}")
        return done

    assert as_nobody(attack) == []


def test_nobody_gives_orders_at_a_socket(in_the_open: Server) -> None:
    paths = sockets(in_the_open)

    def attack() -> list[str]:
        done = []
        for path in paths:
            with suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
                connection.connect(path)
                done.append(path)
        return done

    assert as_nobody(attack) == []


def test_files_are_their_owner_s_alone(in_the_open: Server) -> None:
    files = [path for path in (in_the_open.folder / "data").rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {"journal.db", "serve.lock"}
    assert [path for path in files if stat.S_IMODE(path.stat().st_mode) & 0o077] == []


def test_a_data_folder_of_an_earlier_version_is_closed(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir(mode=0o755)
    os.close(server._alone(tmp_path / "data"))
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700


def test_a_folder_that_many_share_stays_open(tmp_path: Path) -> None:
    tmp_path.chmod(0o1777)
    (tmp_path / "journal.db").touch(mode=0o644)
    (tmp_path / "theirs").touch(mode=0o644)
    os.close(server._alone(tmp_path))
    modes = {path.name: oct(stat.S_IMODE(path.stat().st_mode)) for path in tmp_path.iterdir()}
    assert modes == {"journal.db": "0o600", "theirs": "0o644", "serve.lock": "0o600"}
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o1777
