"""The client with a right key, a wrong one, and somebody else's."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.servers.server import Server, serving
from photobatch import NotFoundError, PhotoBatch, UnauthorizedError
from tests.deployments.closed import ANN_KEY, BEN_KEY, KEYS, WRONG_KEY


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("closed"), BATCH_API_KEYS=KEYS) as server:
        yield server


def test_a_key_opens_its_own_batches_alone(closed: Server, photo_folder: Path, tmp_path: Path) -> None:
    with PhotoBatch(closed.url, ANN_KEY) as ann:
        batch = ann.submit(photo_folder / "rocket.jpg", preset="filter_warm")
        assert [event.type for event in batch.progress()][-1] == "done"
        assert [path.name for path in batch.download(tmp_path)] == ["rocket.jpg"]
    for key, kind in ((WRONG_KEY, UnauthorizedError), (None, UnauthorizedError), (BEN_KEY, NotFoundError)):
        with PhotoBatch(closed.url, key) as other:
            theirs = other.batch(batch.task_id)
            for call in (theirs.get, theirs.wait, theirs.delete, lambda held=theirs: list(held.progress())):
                with pytest.raises(kind):
                    call()
            assert other.health().status == "ok"
            assert str(key) not in repr(other)
