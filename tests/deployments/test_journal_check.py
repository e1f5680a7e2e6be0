"""A journal that cannot be worked with is said in a sentence, before anything is started."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from actors.batches.events import contents
from actors.batches.ledger import Ledger
from actors.messages.records import BatchSpec, PhotoSpec
from benchmarks.servers.server import Server, ServerError, photobatch_command
from deployments.doctor import stores
from deployments.journal_check import check_file, examine_journal
from deployments.settings import Settings
from deployments.status.vitals import Vitals
from storage.errors import StorageError
from storage.sqlite import SqliteJournal
from tests.deployments.conftest import World
from tests.deployments.in_process import InProcess

PAGE = 4096
PHOTOS = 2000


@pytest.fixture
async def journal(tmp_path: Path) -> Path:
    """A journal of some hundred pages, closed."""
    path = tmp_path / "data" / "journal.db"
    ledger = Ledger(SqliteJournal(path, reserve_bytes=0), lambda error: pytest.fail(str(error)))
    for number in range(3):
        spec = BatchSpec(f"b{number}", "ann", preset={"id": "x", "params": {}}, output={})
        photos = [PhotoSpec(f"https://example.com/{'a' * 50}/{n}.jpg", f"{n}.jpg") for n in range(PHOTOS)]
        ledger.create(spec, contents(photos, slice_size=20))
    await ledger.durable()
    ledger.close()
    return path


def overwrite(path: Path, at: int, what: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(what)


def run_sql(path: Path, *statements: str) -> None:
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def another_program(path: Path) -> None:
    path.unlink()
    run_sql(path, "create table songs (name text)")


def with_our_version(path: Path) -> None:
    another_program(path)
    run_sql(path, "pragma user_version = 1")


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def without_owner(path: Path) -> None:
    run_sql(path, "delete from owner")


def entry(body: str) -> Callable[[Path], None]:
    change = "update events set body = cast('{}' as blob) where version % 100 = 50"
    return lambda path: run_sql(path, change.format(body))


def with_pages(path: Path, change: Callable[[bytearray, int], None]) -> None:
    """Change a page in the middle of the entries."""
    data = bytearray(path.read_bytes())
    change(data, len(data) // PAGE // 2)
    path.write_bytes(bytes(data))


def zeroed(data: bytearray, page: int) -> None:
    data[page * PAGE : (page + 1) * PAGE] = bytes(PAGE)


def doubled(data: bytearray, page: int) -> None:
    data[page * PAGE : (page + 1) * PAGE] = data[(page + 40) * PAGE : (page + 41) * PAGE]


def root(data: bytearray, page: int) -> None:
    data[PAGE : 2 * PAGE] = data[page * PAGE : (page + 1) * PAGE]


DAMAGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "garbage": (lambda path: path.write_bytes(b"garbage " * 1000), "not a database"),
    "header": (lambda path: overwrite(path, 0, b"\xff" * 100), "not a database"),
    "truncated": (lambda path: os.truncate(path, path.stat().st_size // 2), "damaged"),
    "truncated within a page": (lambda path: os.truncate(path, path.stat().st_size - 1000), "damaged"),
    "a page of zeros": (lambda path: with_pages(path, zeroed), "damaged"),
    "a page twice": (lambda path: with_pages(path, doubled), "damaged"),
    "the root page": (lambda path: with_pages(path, root), "damaged"),
    "another program": (another_program, "another program"),
    "another program with our number": (with_our_version, "another program"),
    "a newer format": (lambda path: run_sql(path, "pragma user_version = 9"), "newer photobatch"),
    "a folder": (a_folder, "is a folder"),
    "no owner": (without_owner, "owner"),
    "no json": (entry("nonsense"), "is no event"),
    "json of another kind": (entry("[1]"), "is no event"),
    "an event without its fields": (entry('{"e":"leased","t":1}'), "is no event"),
    "an event of a later version": (entry('{"e":"teleported","t":1}'), r"later version \(teleported\)"),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_what_is_wrong_is_said_and_nothing_is_changed(journal: Path, name: str) -> None:
    damage, words = DAMAGE[name]
    check_file(journal)
    damage(journal)
    before = {path: path.read_bytes() for path in journal.parent.iterdir() if path.is_file()}
    with pytest.raises(StorageError, match=words) as said:
        check_file(journal)
    assert str(journal) in str(said.value) or "later version" in str(said.value)
    assert before == {path: path.read_bytes() for path in journal.parent.iterdir() if path.is_file()}


def test_one_that_is_still_to_be_made_is_fine(tmp_path: Path) -> None:
    check_file(tmp_path / "data" / "journal.db")
    assert list(tmp_path.iterdir()) == []


async def test_one_that_was_killed_in_use_is_fine(tmp_path: Path) -> None:
    """Its newest entries are in the log beside it."""
    path = tmp_path / "journal.db"
    ledger = Ledger(SqliteJournal(path, reserve_bytes=0), lambda error: pytest.fail(str(error)))
    ledger.create(BatchSpec("b1", "ann", preset={}, output={}), contents([PhotoSpec("file:///a", "a")]))
    await ledger.durable()
    left = tmp_path / "left"
    left.mkdir()
    for name in ("journal.db", "journal.db-wal"):
        shutil.copy(tmp_path / name, left / name)
    ledger.close()
    check_file(left / "journal.db")
    whole, lines = examine_journal(Settings(data_dir=left, _env_file=None))
    assert whole
    assert lines == [f"{left / 'journal.db'} is whole: 2 entries, 1 batches, 1 photos."]


def test_one_that_this_user_may_not_read(journal: Path) -> None:
    script = f"""
import os, sys
from pathlib import Path
from deployments.journal_check import check_file
from storage.errors import StorageError
if os.getuid() == 0:
    os.setegid(65534), os.seteuid(65534)
try:
    check_file(Path({str(journal)!r}))
except StorageError as error:
    print(error)
"""
    below_temporary = len(journal.parents) - 2  # all but /tmp and /
    for folder in journal.parents[:below_temporary]:
        if folder.stat().st_uid == os.getuid():
            folder.chmod(0o755)
    journal.chmod(0o000)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "change its permissions" in done.stdout


def test_all_of_it_can_be_examined(journal: Path) -> None:
    here = Settings(data_dir=journal.parent, _env_file=None)
    whole, [line] = examine_journal(here)
    assert whole
    assert "303 entries, 3 batches, 6,000 photos" in line
    with_pages(journal, zeroed)
    whole, lines = examine_journal(here)
    assert not whole
    behind = next(line for line in lines if "entries behind it can be read" in line)
    before = lines[-1]
    assert "Before the first fault" in before
    counts = [int(line.split(" entries")[0].rpartition(" ")[2].replace(",", "")) for line in (behind, before)]
    assert 250 < sum(counts) < 303, "all but those of the page that is gone"


def test_the_doctor_says_it_too(journal: Path) -> None:
    here = Settings(data_dir=journal.parent, _env_file=None)
    assert stores.journal(here).state == "ok"
    with_pages(journal, zeroed)
    found = stores.journal(here)
    assert (found.name, found.state) == ("journal", "wrong")
    assert "Restore a backup" in found.advice


def test_serve_says_so_and_starts_nothing(tmp_path: Path, journal: Path) -> None:
    with_pages(journal, zeroed)
    server = Server(tmp_path)
    with pytest.raises(ServerError, match=r"journal .* is damaged: .*Restore a backup"):
        server.start()
    assert server.wait() == 1
    assert server.processes() == []
    assert "Traceback" not in server.output.read_text()
    server.http.close()
    check = [photobatch_command(), "serve", "--journal-check"]
    environment = os.environ | {"BATCH_DATA_DIR": str(journal.parent)}
    done = subprocess.run(check, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, "entries behind it can be read" in done.stdout) == (1, True)


async def test_a_coordinator_that_meets_it_stands_still_and_health_can_say_why(world: World, journal: Path) -> None:
    """What a short look at the start does not find, on a cluster say, or in Redis."""
    entry('{"e":"leased","t":1}')(journal)
    world.coordinator.shut()
    shutil.copy(journal, world.folder / "journal.db")
    coordinator = InProcess(world.folder, world.blobs)
    told = await coordinator.stats()
    assert told["journal"] == "damaged"
    assert "is no event" in told["journal_missing"]
    for asked in (
        coordinator.list_batches(None, None, 10, None),
        coordinator.get("b0"),
        coordinator.list_presets("ann"),
        coordinator.submit(BatchSpec("b9", "ann", preset={}, output={}), [PhotoSpec("file:///a", "a")]),
    ):
        with pytest.raises(Exception, match="journal_unavailable"):
            await asked
    health = await Vitals(replace(world.services, coordinator=coordinator.client)).take()
    assert (health.status, health.journal) == ("unavailable", "damaged")
    assert "is no event" in str(health.reason)
    coordinator.shut()
