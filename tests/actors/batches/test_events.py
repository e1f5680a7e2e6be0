"""Journals outlive versions: what is written is what was always written, and what was ever written is read."""

import json
from typing import Any, get_args

import pytest

from actors.batches import events, look_events
from actors.batches.events import BATCH_EVENTS
from actors.batches.look_events import LOOK_EVENTS
from actors.batches.replay import Replay
from actors.batches.views import batch_view, photo_view
from actors.messages.records import BatchSpec, LeaseKey, Outcome, Share
from actors.photos.report import Report
from actors.photos.states import BatchState
from storage.errors import NewerJournalError, StorageError
from storage.journal import Entry

SPEC = BatchSpec("b1", "ann", {"id": "filter_warm"}, {"format": "same"}, callback_url="https://a.org/end")
RESULT = {"format": "jpeg", "thumbnail": True, "original": False}
DONE = Outcome(LeaseKey("b1", 0, 1), RESULT, engine="compiled 1", notes=["n"], timings_ms={"fetch": 1.5})
ERROR = {"code": "corrupt", "message": "…", "retryable": False}
FAILED = Outcome(LeaseKey("b1", 1, 2), error=ERROR)
PRESET = {"id": "dusk", "owner": "ann", "version": 1, "shared": False, "params": {}, "token": "r1"}
SAID_ERROR = r'{"code":"corrupt","message":"\u2026","retryable":false}'

TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

# Each event, and its bytes in a journal, which must never change. `t` is 2.5 in all.
BATCH: list[tuple[Any, str]] = [
    (
        events.Created(SPEC),
        '{"e":"created","t":2.5,"spec":{"task_id":"b1","user_id":"ann","preset":{"id":"filter_warm"},'
        '"output":{"format":"same"},"priority":5,"metadata":{},"callback_url":"https://a.org/end",'
        '"idempotency_key":null,"digest":null,"thumbnails":true}}',
    ),
    (
        events.Created(BatchSpec("b2", "ann", {}, {}, traceparent=TRACEPARENT), TRACEPARENT),
        '{"e":"created","t":2.5,"spec":{"task_id":"b2","user_id":"ann","preset":{},"output":{},"priority":5,'
        '"metadata":{},"callback_url":null,"idempotency_key":null,"digest":null,"thumbnails":true},'
        f'"traceparent":"{TRACEPARENT}"}}',
    ),
    (
        events.Created.of(BatchSpec("b3", "ann", {}, {}, name="Anna", open=True)),
        '{"e":"created","t":2.5,"spec":{"task_id":"b3","user_id":"ann","preset":{},"output":{},"priority":5,'
        '"metadata":{},"callback_url":null,"idempotency_key":null,"digest":null,"thumbnails":true},'
        '"name":"Anna","open":true}',
    ),
    (events.Prefixes([("s3://b/x/", {"fade": 1})]), '{"e":"prefixes","t":2.5,"p":[["s3://b/x/",{"fade":1}]]}'),
    (events.Photos([("file:///é", "é", None)]), r'{"e":"photos","t":2.5,"p":[["file:///\u00e9","\u00e9",null]]}'),
    (
        events.Listed(0, [("s3://b/x/1", "1", None)], after="x/1", over=False, truncated=False, error=None),
        '{"e":"listed","i":0,"p":[["s3://b/x/1","1",null]],"after":"x/1","over":false,"truncated":false,"error":null,'
        '"t":2.5}',
    ),
    (
        events.Listed(0, [], after=None, over=True, truncated=False, error=ERROR),
        f'{{"e":"listed","i":0,"p":[],"after":null,"over":true,"truncated":false,"error":{SAID_ERROR},"t":2.5}}',
    ),
    (
        events.Leased("w_1", [(0, 1), (1, 1)], alone=False),
        '{"e":"leased","w":"w_1","p":[[0,1],[1,1]],"alone":false,"t":2.5}',
    ),
    (
        events.Reported([Report.of(DONE, None)]),
        '{"e":"reported","p":[{"result":{"format":"jpeg","thumbnail":true,"original":false},"error":null,'
        '"engine":"compiled 1","notes":["n"],"timings_ms":{"fetch":1.5},"reused":false,"i":0,"a":1}],"t":2.5}',
    ),
    (
        events.Reported([Report.of(FAILED, 9.5)], late=90.0),
        f'{{"e":"reported","p":[{{"result":null,"error":{SAID_ERROR},"engine":null,"notes":[],"timings_ms":{{}},'
        '"reused":false,"i":1,"a":2,"again":9.5}],"late":90.0,"t":2.5}',
    ),
    (events.Returned([(1, 2)]), '{"e":"returned","p":[[1,2]],"t":2.5}'),
    (events.Returned([(1, 2)], late=0.0), '{"e":"returned","p":[[1,2]],"late":0.0,"t":2.5}'),
    (
        events.Struck((1, 2), ERROR, late=90.0),
        f'{{"e":"struck","p":[1,2],"error":{SAID_ERROR},"late":90.0,"t":2.5}}',
    ),
    (
        events.Reported([Report.of(Outcome(LeaseKey("b1", 0, 1), light={"level": -3.5}), None)]),
        '{"e":"reported","p":[{"light":{"level":-3.5},"error":null,"i":0,"a":1}],"t":2.5}',
    ),
    (
        events.Matched([(0, {"exposure": 0.5}), (1, None)]),
        '{"e":"matched","p":[[0,{"exposure":0.5}],[1,null]],"t":2.5}',
    ),
    (events.Paused(), '{"e":"paused","t":2.5}'),
    (events.Resumed(), '{"e":"resumed","t":2.5}'),
    (events.Cancelled(90.0), '{"e":"cancelled","late":90.0,"t":2.5}'),
    (events.Retried(), '{"e":"retried","t":2.5}'),
    (events.Closed(), '{"e":"closed","t":2.5}'),
    (events.Renamed("Anna"), '{"e":"renamed","name":"Anna","t":2.5}'),
    (events.Adjusted(3, {"fade": 1}), '{"e":"adjusted","i":3,"p":{"fade":1},"t":2.5}'),
    (events.Adjusted(3, None), '{"e":"adjusted","i":3,"p":null,"t":2.5}'),
    (events.Deleted(90.0, withdrawn=True), '{"e":"deleted","late":90.0,"withdrawn":true,"t":2.5}'),
    (events.Deleted(90.0), '{"e":"deleted","late":90.0,"withdrawn":false,"t":2.5}'),
    (events.Swept([(1, 2)]), '{"e":"swept","p":[[1,2]],"t":2.5}'),
    (events.Called(2.5, again=4.5), '{"e":"called","end":2.5,"again":4.5,"t":2.5}'),
    (events.Called(2.5, again=None), '{"e":"called","end":2.5,"again":null,"t":2.5}'),
    (events.Shared("5e", until=99.5), '{"e":"shared","id":"5e","until":99.5,"originals":false,"t":2.5}'),
    (
        events.Shared("5e", 99.5, "Wedding", "Ann", originals=True),
        '{"e":"shared","id":"5e","until":99.5,"title":"Wedding","sender":"Ann","originals":true,"t":2.5}',
    ),
    (events.Unshared("5e"), '{"e":"unshared","id":"5e","t":2.5}'),
    (
        events.Archived(
            BatchSpec("b1", "ann", {}, {}),
            version=7,
            created_at=1.0,
            started_at=1.5,
            finished_at=2.0,
            state="completed",
            paused_at=None,
            counts=[0, 0, 2, 1, 0],
            shares={"5e": 99.5},
            strays=[(1, 2, 90.0)],
            owes_call=True,
            calls=1,
            call_due=8.0,
            prefixes=[("s3://b/x/", {"fade": 1}, "x/1", 1, True, ERROR)],
            truncated=False,
            uploads="AQAAAAAAAAA=",
        ),
        '{"e":"archived","spec":{"task_id":"b1","user_id":"ann","preset":{},"output":{},"priority":5,"metadata":{},'
        '"callback_url":null,"idempotency_key":null,"digest":null,"thumbnails":true},"v":7,"created_at":1.0,'
        '"started_at":1.5,"finished_at":2.0,"state":"completed","paused_at":null,"n":[0,0,2,1,0],"shares":{"5e":99.5},'
        '"strays":[[1,2,90.0]],"owes_call":true,"calls":1,"call_due":8.0,'
        f'"prefixes":[["s3://b/x/",{{"fade":1}},"x/1",1,true,{SAID_ERROR}]],"truncated":false,'
        '"uploads":"AQAAAAAAAAA=","t":2.5}',
    ),
]
LOOKS: list[tuple[Any, str]] = [
    (
        look_events.PresetKept(PRESET),
        '{"e":"preset","preset":{"id":"dusk","owner":"ann","version":1,"shared":false,"params":{},"token":"r1"},"t":2.5}',
    ),
    (
        look_events.PresetGone(owner="ann", preset_id="dusk"),
        '{"e":"preset_gone","owner":"ann","id":"dusk","t":2.5}',
    ),
    (
        look_events.LutKept("ann", {"name": "film", "sha256": "5e"}),
        '{"e":"lut","owner":"ann","lut":{"name":"film","sha256":"5e"},"t":2.5}',
    ),
    (look_events.LutGone("ann", "film"), '{"e":"lut_gone","owner":"ann","name":"film","t":2.5}'),
]


@pytest.mark.parametrize(("event", "line"), BATCH + LOOKS, ids=lambda each: getattr(each, "kind", ""))
def test_an_event_is_written_as_ever_and_read_as_it_was(event: Any, line: str) -> None:
    form: Any = LOOK_EVENTS if (event, line) in LOOKS else BATCH_EVENTS
    assert form.write(event, 2.5).decode() == line
    again = form.read(json.loads(line))
    assert type(again) is type(event)
    assert form.write(again, 2.5).decode() == line


def test_every_event_is_among_them() -> None:
    assert {type(event) for event, _ in BATCH} == {events.Created, events.Archived, *get_args(events.BatchEvent)}
    assert {type(event) for event, _ in LOOKS} == set(get_args(look_events.LookEvent))


def replayed(*lines: str, batch_id: str = "b1") -> Replay:
    replay = Replay()
    replay.read(Entry(batch_id, version, line.encode()) for version, line in enumerate(lines, 1))
    return replay


def test_a_journal_replays() -> None:
    """A batch's life, in lines as they lie on disk; the last of them as the first version wrote them."""
    replay = replayed(
        '{"e":"created","t":1.0,"spec":{"task_id":"b1","user_id":"ann","preset":{"id":"p"},"output":{}}}',
        '{"e":"prefixes","t":1.0,"p":[["s3://b/x/",{"fade":1}],["s3://b/y/",null]]}',
        '{"e":"photos","t":1.0,"p":[["file:///0","0",null],["file:///1","1",null]]}',
        '{"e":"photos","t":1.0,"p":[["file:///2","2",null]]}',
        '{"e":"listed","i":0,"p":[["s3://b/x/3","3",{"fade":1}]],"after":"x/3","over":true,"truncated":false,'
        '"error":null,"t":2.0}',
        f'{{"e":"listed","i":1,"p":[],"after":null,"over":true,"truncated":false,"error":{SAID_ERROR},"t":2.0}}',
        '{"e":"leased","w":"w_1","p":[[0,1],[1,1],[2,1],[3,1]],"alone":false,"t":3.0}',
        '{"e":"reported","p":[{"result":{"format":"jpeg","thumbnail":true,"original":false},"error":null,"engine":"e",'
        f'"notes":["n"],"timings_ms":{{"fetch":1.5}},"reused":true,"i":0,"a":1}},{{"error":{SAID_ERROR},"i":1,"a":1,'
        '"again":5.0}],"late":90.0,"t":4.0}',
        f'{{"e":"struck","p":[2,1],"error":{SAID_ERROR},"t":4.5}}',
        '{"e":"returned","p":[[3,1]],"late":30.0,"t":4.5}',
        '{"e":"leased","w":"w_2","p":[[2,2]],"alone":true,"t":5.0}',
        f'{{"e":"struck","p":[2,2],"error":{SAID_ERROR},"t":5.5}}',
        '{"e":"leased","w":"w_3","p":[[2,3]],"alone":true,"t":5.5}',
        f'{{"e":"struck","p":[2,3],"error":{SAID_ERROR},"late":90.0,"t":6.0}}',
        '{"e":"paused","t":6.5}',
        '{"e":"resumed","t":7.0}',
        '{"e":"leased","w":"w_2","p":[[3,2]],"alone":false,"t":7.0}',
        f'{{"e":"reported","p":[{{"error":null,"result":{json.dumps(RESULT)},"i":3,"a":2}}],"t":8.0}}',
        '{"e":"shared","id":"5e","until":99.5,"t":8.0}',
        '{"e":"shared","id":"6f","until":99.5,"t":8.0}',
        '{"e":"unshared","id":"6f","t":8.0}',
        '{"e":"swept","p":[[3,1]],"t":40.0}',
        '{"e":"returned","p":[],"t":40.0,"of":"a field that nobody knows any more"}',
        '{"e":"cancelled","t":41.0}',
    )
    batch = replay.batches["b1"]
    view = batch_view(batch, 50.0, ttl_s=60.0)
    counts = {"total": 4, "queued": 0, "processing": 0, "succeeded": 2, "failed": 1, "cancelled": 1}
    assert (view["counts"], view["status"], view["expires_at"]) == (counts, "cancelled", 101.0)
    assert view["errors"] == [{"source": "s3://b/y/", **ERROR}]
    photos = [photo_view(batch, index, timings=True) for index in range(4)]
    assert [photo["attempts"] for photo in photos] == [1, 1, 3, 2]
    assert [photo["error"] for photo in photos] == [None, None, ERROR, None]
    assert [photo["reused"] for photo in photos] == [True, False, False, False]
    assert [photo["notes"] for photo in photos] == [["n"], [], [], []]
    assert photos[3]["params"] == {"fade": 1}
    assert photos[3]["result"]["key"].startswith("batches/b1/")
    assert (photos[0]["engine"], photos[0]["timings_ms"]) == ("e", {"fetch": 1.5})
    assert batch.shares == {"5e": Share(99.5)}
    assert batch.strays == {(0, 1): 94.0, (1, 1): 94.0, (2, 3): 96.0}
    assert batch.spec.thumbnails


def test_the_end_of_a_batch_replays() -> None:
    lines = [
        '{"e":"created","t":1.0,"spec":{"task_id":"b1","user_id":"ann","preset":{},"output":{},"callback_url":"x"}}',
        '{"e":"photos","t":1.0,"p":[["file:///0","0",null]]}',
        '{"e":"cancelled","late":9.0,"t":2.0}',
        '{"e":"called","end":2.0,"again":8.0,"t":3.0}',
    ]
    batch = replayed(*lines).batches["b1"]
    assert (batch.owes_call, batch.calls, batch.call_due) == (True, 1, 8.0)
    assert not replayed(*lines, '{"e":"called","end":2.0,"again":null,"t":9.0}').batches["b1"].owes_call
    retried = replayed(*lines, '{"e":"retried","t":9.0}', '{"e":"called","end":2.0,"again":null,"t":9.5}').batches["b1"]
    assert (retried.state, retried.calls, retried.finished_at) == (BatchState.QUEUED, 1, None)
    deleted = replayed(*lines, '{"e":"deleted","t":9.0}').batches["b1"]
    assert (deleted.deleted_at, deleted.withdrawn) == (9.0, False)
    withdrawn = replayed(*lines, '{"e":"deleted","late":9.0,"withdrawn":true,"t":9.0}').batches["b1"]
    assert withdrawn.withdrawn


def test_a_journal_of_looks_replays() -> None:
    """Some of the lines without time and owner, which the first versions did not write."""
    looks = replayed(
        '{"e":"preset","preset":{"id":"dusk","owner":"ann","version":1,"shared":false,"params":{}}}',
        '{"e":"preset","preset":{"id":"dawn","owner":"ann","version":1,"shared":true,"params":{}},"t":1.0}',
        '{"e":"preset_gone","id":"dusk"}',
        '{"e":"lut","owner":"ann","lut":{"name":"film","sha256":"5e"},"t":1.0}',
        '{"e":"lut","owner":"ann","lut":{"name":"old","sha256":"6f"},"t":1.0}',
        '{"e":"lut_gone","owner":"ann","name":"old","t":2.0}',
        '{"e":"preset_gone","owner":"ben","id":"dawn","t":2.0}',
        batch_id="looks",
    ).looks
    assert [preset["id"] for preset in looks.presets("ben")] == ["dawn"]
    assert [lut["name"] for lut in looks.luts("ann")] == ["film"]


@pytest.mark.parametrize("batch_id", ["b1", "looks"])
def test_an_event_of_a_later_version_is_told_from_one_that_is_damaged(batch_id: str) -> None:
    first = '{"e":"created","t":1.0,"spec":{"task_id":"b1","user_id":"ann","preset":{},"output":{}}}'
    known = [first] if batch_id == "b1" else []
    with pytest.raises(NewerJournalError, match="teleported"):
        replayed(*known, '{"e":"teleported","t":2.0}', batch_id=batch_id)
    foreign = '{"e":"lut_gone"}' if batch_id == "b1" else '{"e":"paused"}'
    with pytest.raises(NewerJournalError):
        replayed(*known, foreign, batch_id=batch_id)
    for damaged in ('{"e":"leased","t":1.0}', '{"e":"reported","t":1.0,"p":[{"i":0}]}', '{"t":1.0}', "[1]", "{"):
        with pytest.raises(StorageError, match="is no event"):
            replayed(first, damaged)


def test_what_is_left_of_a_batch_that_is_gone_is_passed_over() -> None:
    assert replayed('{"e":"paused","t":1.0}', '{"e":"teleported"}').batches == {}


def test_a_report_says_all_that_an_outcome_says() -> None:
    report = Report.of(DONE, None)
    for name in ("result", "error", "engine", "notes", "timings_ms", "reused"):
        assert getattr(report, name) == getattr(DONE, name)
    assert (report.index, report.attempt) == (DONE.key.index, DONE.key.attempt)
    told = set(report.row) - {"i", "a"}
    assert told == set(Outcome.__dataclass_fields__) - {"key", "light"}, "a field is not kept"
