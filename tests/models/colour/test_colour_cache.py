import os
import subprocess
import sys
import time

import numpy as np
import pytest

from models.colour.cache import TableCache
from models.colour.grade import Grade
from models.colour.table import ENTRIES, TableSpec

WARM = TableSpec(Grade(temperature=0.3), None, 8)
COOL = TableSpec(Grade(temperature=-0.3), None, 8)
BAKE = """
import os, sys, time
from pathlib import Path
from models.colour.cache import TableCache
from models.colour.grade import Grade
from models.colour.table import TableSpec
spec, die_after, baked = TableSpec(Grade(temperature=0.3), None, 8), int(sys.argv[2]), []
slab = TableSpec.slab
def counted(self, blue, out):
    if len(baked) == die_after:
        os.kill(os.getpid(), 9)
    baked.append(blue)
    time.sleep(0.01)
    slab(self, blue, out)
TableSpec.slab = counted
table = TableCache(Path(sys.argv[1])).get(spec)
print(len(baked), int(table.sum()))
"""


def bake_elsewhere(folder, die_after=-1):
    return subprocess.Popen(
        [sys.executable, "-c", BAKE, str(folder), str(die_after)], stdout=subprocess.PIPE, text=True
    )


def test_the_table_holds_what_the_function_says(tmp_path):
    table = TableCache(tmp_path).get(WARM)
    assert table.shape == (ENTRIES,)
    some = np.random.default_rng(0).integers(0, ENTRIES, 10_000).astype(np.int32)
    assert (table[some] == WARM.of(some)).all()


def test_a_table_is_baked_once(tmp_path, monkeypatch):
    TableCache(tmp_path).get(WARM)
    monkeypatch.setattr(TableSpec, "slab", None)
    assert TableCache(tmp_path).has(WARM)
    TableCache(tmp_path).get(WARM)
    assert not list(tmp_path.glob("*.part"))


def test_processes_that_want_the_same_table_share_the_work(tmp_path):
    children = [bake_elsewhere(tmp_path) for _ in range(2)]
    answers = [child.communicate(timeout=60)[0].split() for child in children]
    assert {int(total) for _, total in answers} == {int(TableCache(tmp_path).get(WARM).sum())}
    # Each slab once; were one so late that the other had finished, it baked none.
    assert sum(int(count) for count, _ in answers) == 256


def test_a_killed_process_leaves_its_slabs_to_others(tmp_path, monkeypatch):
    child = bake_elsewhere(tmp_path, die_after=100)
    child.wait(60)
    child.stdout.close()
    assert not list(tmp_path.glob("*.bin"))
    baked = []
    slab = TableSpec.slab
    monkeypatch.setattr(TableSpec, "slab", lambda self, blue, out: (baked.append(blue), slab(self, blue, out)))
    table = TableCache(tmp_path).get(WARM)
    assert baked == list(range(100, 256))
    everything = np.arange(0, ENTRIES, 997, dtype=np.int32)
    assert (table[everything] == WARM.of(everything)).all()


def test_the_least_recently_used_table_goes_and_one_in_use_stays_readable(tmp_path):
    cache = TableCache(tmp_path, limit_bytes=100 << 20)
    warm = cache.get(WARM)
    os.utime(tmp_path / f"{WARM.name}.bin", (1, 1))
    cache.get(COOL)
    assert not cache.has(WARM)
    assert cache.has(COOL)
    assert warm[0x808080] == WARM.of(np.array([0x808080], np.int32))[0]


def test_a_table_larger_than_the_limit_is_still_served(tmp_path):
    cache = TableCache(tmp_path, limit_bytes=0)
    assert len(cache.get(WARM)) == ENTRIES
    assert cache.has(WARM)


def test_using_a_table_makes_it_recent(tmp_path):
    cache = TableCache(tmp_path)
    cache.get(WARM)
    path = tmp_path / f"{WARM.name}.bin"
    os.utime(path, (1, 1))
    cache.get(WARM)
    assert time.time() - path.stat().st_mtime < 60


def test_a_file_of_the_wrong_size_is_replaced(tmp_path):
    (tmp_path / f"{WARM.name}.bin").write_bytes(b"short")
    assert len(TableCache(tmp_path).get(WARM)) == ENTRIES


def test_leftovers_of_the_dead_are_removed(tmp_path):
    left = tmp_path / "0.part"
    left.write_bytes(b"")
    os.utime(left, (1, 1))
    TableCache(tmp_path).get(WARM)
    assert not left.exists()


def test_no_room_is_an_os_error(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(OSError, match="No space left"):
        TableCache(tmp_path).get(WARM)
