"""What every journal promises. Another implementation joins by an entry in `journals.KINDS`."""

import asyncio
import itertools
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.errors import EpochLostError, StorageError
from storage.journal import Entry, Journal
from tests.storage.journals import KINDS, TOGETHER, entry

Open = Callable[[], Journal]
ROOT = Path(__file__).parents[2]


@pytest.fixture
def another(kind: str, tmp_path: Path) -> Iterator[Open]:
    """Make journals, not yet open, of the same records."""
    made: list[Journal] = []

    def make() -> Journal:
        made.append(KINDS[kind](str(tmp_path)))
        return made[-1]

    yield make
    for journal in made:
        journal.close()


@pytest.fixture
def journal(another: Open) -> Journal:
    journal = another()
    journal.open()
    return journal


def other_process(kind: str, place: Path, act: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(Path(__file__).parent / "journals.py"), kind, str(place), act],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


async def test_epochs_rise(another: Open) -> None:
    assert [another().open() for _ in range(3)] == [1, 2, 3]


async def test_replay_is_ordered_by_batch_and_version(journal: Journal) -> None:
    assert list(journal.replay()) == []
    await journal.append([entry("b", 2), entry("b", 3), entry("a", 5)])
    await journal.append([entry("a", 1 << 40, bytes(range(256))), entry("c", 9, b"")])
    assert list(journal.replay()) == [
        entry("a", 5),
        entry("a", 1 << 40, bytes(range(256))),
        entry("b", 2),
        entry("b", 3),
        entry("c", 9, b""),
    ]


async def test_replay_after_reopening(journal: Journal, another: Open) -> None:
    await journal.append([entry("a", 1)])
    journal.close()
    again = another()
    assert again.open() == 2
    await again.append([entry("a", 2)])
    assert list(again.replay()) == [entry("a", 1), entry("a", 2)]


async def test_replay_is_a_stream(journal: Journal) -> None:
    await journal.append([entry("a", version, bytes(1000)) for version in range(500)])
    rows = journal.replay()
    assert next(rows).version == 0
    await journal.append([entry("a", 500)])  # a reader half-way through holds up no writer
    assert len(list(rows)) >= 499


async def test_calls_that_overlap_keep_their_order(journal: Journal) -> None:
    done: list[int] = []

    async def append(version: int) -> None:
        await journal.append([entry("a", version)])
        done.append(version)

    await asyncio.gather(*(append(version) for version in range(200)))
    assert done == list(range(200))
    assert [each.version for each in journal.replay()] == done


async def test_drop_is_ordered_with_appends(journal: Journal) -> None:
    await asyncio.gather(
        journal.append([entry("a", 1), entry("ab", 1)]),
        journal.drop("a"),
        journal.append([entry("a", 2)]),
        journal.drop("never there"),
    )
    assert list(journal.replay()) == [entry("a", 2), entry("ab", 1)]


async def test_a_snapshot_stands_for_what_came_before_it(journal: Journal, another: Open) -> None:
    await journal.append([entry("a", 1), entry("a", 2), entry("b", 1)])
    await asyncio.gather(
        journal.append([entry("a", 3)]), journal.snapshot(entry("a", 3, b"all of it")), journal.append([entry("a", 4)])
    )
    journal.close()
    again = another()
    again.open()
    assert list(again.replay()) == [entry("a", 3, b"all of it"), entry("a", 4), entry("b", 1)]
    assert again.read("a") == [entry("a", version) for version in (1, 2, 3, 4)]
    assert again.read("never there") == []
    await again.snapshot(entry("a", 4, b"more"))
    assert list(again.replay()) == [entry("a", 4, b"more"), entry("b", 1)]
    await asyncio.gather(again.drop("a"), again.append([entry("a", 9)]))
    assert list(again.replay()) == [entry("a", 9), entry("b", 1)], "a snapshot goes with its batch"


async def test_a_reader_sees_whole_commits_while_they_are_written(journal: Journal) -> None:
    """In threads of its own, as many entries as are committed together at a time."""

    async def write() -> None:
        for call in range(60):
            await journal.append([entry("a", version, bytes(2000)) for version in range(5 * call, 5 * call + 5)])

    writing = asyncio.ensure_future(write())
    seen = set()
    while not writing.done():
        seen |= {len(each) for each in await asyncio.gather(*(asyncio.to_thread(journal.read, "a") for _ in range(3)))}
    assert len(seen) > 1, "it read nothing meanwhile"
    assert all(count % 5 == 0 for count in seen)
    await writing
    assert len(journal.read("a")) == 300


async def test_an_older_epoch_may_keep_no_snapshot(journal: Journal, another: Open) -> None:
    await journal.append([entry("a", 1)])
    newer = another()
    newer.open()
    with pytest.raises(EpochLostError):
        await journal.snapshot(entry("a", 1, b"snapshot"))
    assert list(newer.replay()) == [entry("a", 1)]


async def test_nothing_to_append(journal: Journal) -> None:
    await journal.append([])
    assert list(journal.replay()) == []


async def test_cancelled_waiters_disturb_nobody(journal: Journal) -> None:
    tasks = [asyncio.ensure_future(journal.append([entry("a", version)])) for version in range(100)]
    await asyncio.sleep(0)
    for task in tasks[::2]:
        task.cancel()
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(each, asyncio.CancelledError) for each in ended[::2])
    assert ended[1::2] == [None] * 50
    await journal.append([entry("a", 100)])
    assert len(list(journal.replay())) == 101


async def test_an_older_epoch_is_refused_for_good(journal: Journal, another: Open) -> None:
    await journal.append([entry("a", 1)])
    newer = another()
    newer.open()
    for call in (
        journal.append([entry("a", 2)]),
        journal.drop("a"),
        journal.append([entry("b", 1)]),
    ):
        with pytest.raises(EpochLostError):
            await call
    await newer.append([entry("a", 3)])
    assert list(newer.replay()) == [entry("a", 1), entry("a", 3)]


async def test_another_process_takes_over_in_mid_flight(kind: str, journal: Journal, tmp_path: Path) -> None:
    tasks: list[asyncio.Task[None]] = []
    versions = itertools.count()
    with other_process(kind, tmp_path, "open") as other:
        assert other.stdout
        news = asyncio.ensure_future(asyncio.to_thread(other.stdout.readline))
        while not news.done():
            tasks += (asyncio.ensure_future(journal.append([entry("a", next(versions))])) for _ in range(10))
            await asyncio.wait(tasks[-1:])
        assert await news == "epoch 2\n"
        with pytest.raises(EpochLostError):
            await journal.append([entry("b", 1)])
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    assert {type(each) for each in ended} <= {type(None), EpochLostError}
    accepted = [number for number, each in enumerate(ended) if each is None]
    assert [each.version for each in journal.replay()] == accepted == list(range(len(accepted)))


async def test_an_owner_that_was_frozen_wakes_up_to_a_loss(kind: str, another: Open, tmp_path: Path) -> None:
    with other_process(kind, tmp_path, "append") as frozen:
        assert frozen.stdout
        assert frozen.stdout.readline() == "epoch 1\n"
        frozen.send_signal(signal.SIGSTOP)
        journal = another()
        assert journal.open() == 2
        await journal.append([entry("z", 1)])
        frozen.send_signal(signal.SIGCONT)
        said, _ = await asyncio.to_thread(frozen.communicate, "go\n")
        assert said == "EpochLostError\n"
    assert list(journal.replay()) == [entry("z", 1)], "it wrote nothing after it had lost"


def test_kill_9_loses_nothing_that_was_told_and_halves_no_append(kind: str, another: Open, tmp_path: Path) -> None:
    for _ in range(3):
        with other_process(kind, tmp_path, "flood") as writer:
            assert writer.stdout
            told = [writer.stdout.readline() for _ in range(200)][1:]
            writer.kill()
            told += writer.stdout.readlines()
        journal = another()
        journal.open()
        found = Counter(each.version // TOGETHER for each in journal.replay())
        assert set(found.values()) == {TOGETHER}
        assert {int(line) for line in told if line.endswith("\n")} <= set(found)
        asyncio.run(clear(journal))
        journal.close()


async def clear(journal: Journal) -> None:
    await asyncio.gather(journal.drop("batch0"), journal.drop("batch1"))


async def test_close_commits_what_is_pending(journal: Journal, another: Open) -> None:
    tasks = [asyncio.ensure_future(journal.append([entry("a", version)])) for version in range(50)]
    await asyncio.sleep(0)
    journal.close()
    journal.close()
    await asyncio.gather(*tasks)
    with pytest.raises(StorageError):
        await journal.append([entry("a", 99)])
    again = another()
    again.open()
    assert len(list(again.replay())) == 50


async def test_before_open_nothing_works(another: Open) -> None:
    with pytest.raises(StorageError):
        await another().append([entry("a", 1)])


STEPS = st.one_of(
    st.tuples(st.just("append"), st.lists(st.sampled_from("abc"), max_size=4)),
    st.tuples(st.sampled_from(["drop", "snapshot"]), st.sampled_from("abc")),
    st.just(("reopen", "")),
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, max_size=20), overlap=st.booleans())
def test_it_behaves_like_a_dict(
    kind: str,
    tmp_path_factory: pytest.TempPathFactory,
    steps: list[tuple[str, list[str] | str]],
    overlap: bool,
) -> None:
    asyncio.run(behave(kind, str(tmp_path_factory.mktemp("model")), steps, overlap))


async def behave(kind: str, place: str, steps: list[tuple[str, list[str] | str]], overlap: bool) -> None:
    model: dict[str, list[Entry]] = {}
    kept: dict[str, Entry] = {}
    version = 0
    journal = KINDS[kind](place)
    epoch = journal.open()
    calls: list[asyncio.Future[None]] = []
    for step, what in steps:
        if step == "append":
            entries = [entry(batch_id, version := version + 1, str(version).encode()) for batch_id in what]
            for each in entries:
                model.setdefault(each.batch_id, []).append(each)
            calls.append(asyncio.ensure_future(journal.append(entries)))
        elif step == "drop":
            model.pop(str(what), None)
            kept.pop(str(what), None)
            calls.append(asyncio.ensure_future(journal.drop(str(what))))
        elif step == "snapshot" and model.get(str(what)):
            last = model[str(what)][-1].version
            kept[str(what)] = entry(str(what), last, f"up to {last}".encode())
            calls.append(asyncio.ensure_future(journal.snapshot(kept[str(what)])))
        if not overlap or step == "reopen":
            await asyncio.gather(*calls)
            calls.clear()
        if step == "reopen":
            journal.close()
            journal = KINDS[kind](place)
            epoch, before = journal.open(), epoch
            assert epoch == before + 1
    await asyncio.gather(*calls)
    expected: list[Entry] = []
    for batch_id in sorted(model):
        assert journal.read(batch_id) == model[batch_id]
        snapshot = [kept[batch_id]] if batch_id in kept else []
        expected += snapshot + [each for each in model[batch_id] if not snapshot or each.version > snapshot[0].version]
    assert list(journal.replay()) == expected
    journal.close()
