"""The client against a server that is busy, cuts off, and redirects."""

import os
import pickle
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from starlette.responses import RedirectResponse

from photobatch import (
    AsyncPhotoBatch,
    InvalidRequestError,
    NotFoundError,
    PhotoBatchError,
    QueueFullError,
    UnauthorizedError,
    UnavailableError,
)
from tests.photobatch.scripted_service import PICTURE, Service, problem, scripted


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    async with scripted() as running:
        yield running


@pytest.fixture
async def client(service: Service) -> AsyncIterator[AsyncPhotoBatch]:
    async with AsyncPhotoBatch(service.url, "secret-key") as client:
        yield client


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    photo = tmp_path / "a photo.jpg"
    photo.write_bytes(b"x" * 600_000)
    return photo


@pytest.mark.parametrize("width", [1, 3])
async def test_only_so_many_uploads_are_in_flight(service: Service, tmp_path: Path, width: int) -> None:
    for number in range(100):
        (tmp_path / f"{number:03}.jpg").write_bytes(b"%d" % number)
    async with AsyncPhotoBatch(service.url, uploads=width) as client:
        await client.submit(tmp_path, preset_type="filter")
    assert service.most_uploading == width
    [(_, body)] = service.submits
    assert body["image_urls"] == [f"upload:{number:03}.jpg" for number in range(100)]


async def test_an_upload_is_tried_again_whole(service: Service, client: AsyncPhotoBatch, photo: Path) -> None:
    service.instead["upload"].extend([None, problem(503, "storage_unavailable"), problem(429, "rate_limited")])
    assert (await client.upload(photo)).source == "upload:a photo.jpg"
    assert service.received == [b"x" * 600_000]


async def test_progress_of_files_is_told(service: Service, client: AsyncPhotoBatch, tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"{number}.jpg").write_bytes(b"x")
    told: list[tuple[int, int]] = []
    batch = await client.submit(tmp_path, preset_type="filter", on_progress=lambda *how_far: told.append(how_far))
    await batch.download(tmp_path / "out", on_progress=lambda *how_far: told.append(how_far))
    assert told == [(1, 3), (2, 3), (3, 3), (1, 1)]


async def test_a_name_that_is_no_text_is_sent_as_well_as_it_can_be(
    service: Service, client: AsyncPhotoBatch, tmp_path: Path
) -> None:
    photo = tmp_path / os.fsdecode(b"a\xff.jpg")
    photo.write_bytes(b"x")
    assert (await client.upload(photo)).source == "upload:a\ufffd.jpg"


async def test_a_submit_without_an_answer_is_repeated_under_its_key(service: Service, client: AsyncPhotoBatch) -> None:
    service.instead["submit"].extend([None, problem(409, "idempotency_in_progress")])
    batch = await client.submit("https://example.com/a.jpg", preset_type="filter")
    assert batch.task_id == "b1"
    assert len(service.submits) == 3
    assert len({key for key, _ in service.submits}) == 1
    await client.submit("https://example.com/a.jpg", preset_type="filter")
    assert len({key for key, _ in service.submits}) == 2


@pytest.mark.parametrize(
    ("answer", "kind", "wait_s"),
    [
        (problem(429, "queue_full", Retry_After="90"), QueueFullError, 90.0),
        (problem(503, "unavailable", Retry_After="900"), UnavailableError, 900.0),
        (problem(401, "unauthorized"), UnauthorizedError, None),
        (problem(404, "unknown_preset"), NotFoundError, None),
        (problem(422, "a_new_code"), InvalidRequestError, None),
        (problem(507, "storage_full"), PhotoBatchError, None),
    ],
)
async def test_refusals_are_errors_that_know_their_code(
    service: Service, client: AsyncPhotoBatch, answer: object, kind: type[PhotoBatchError], wait_s: float | None
) -> None:
    service.instead["submit"].append(answer)  # type: ignore[arg-type]
    with pytest.raises(PhotoBatchError) as refused:
        await client.submit("https://example.com/a.jpg", preset_type="filter")
    error = refused.value
    assert type(error) is kind
    assert (error.code in str(error), error.detail, error.retry_after_s) == (True, "It is so.", wait_s)
    assert len(service.submits) == 1
    assert vars(pickle.loads(pickle.dumps(error))) == vars(error)  # noqa: S301


async def test_what_is_no_photobatch_is_told(service: Service) -> None:
    async with AsyncPhotoBatch(f"{service.url}/somewhere/") as client:
        with pytest.raises(NotFoundError) as refused:
            await client.stats()
    assert (refused.value.code, refused.value.status) == ("http_404", 404)


async def test_a_service_that_is_away_is_told_with_its_address() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        async with AsyncPhotoBatch(url, max_retries=0) as client:
            for call in (client.stats(), client.batch("b1").wait()):
                with pytest.raises(UnavailableError, match=url):
                    await call


@pytest.mark.parametrize("how", ["redirect", "link"])
async def test_a_key_stays_with_its_host(service: Service, client: AsyncPhotoBatch, tmp_path: Path, how: str) -> None:
    async with scripted() as store:
        target = f"{store.url}/api/v1/batch/b1/photos/0/result"
        service.store = store.url
        if how == "redirect":
            service.store = f"{service.url}/elsewhere"
            service.elsewhere_to = target
        [path] = await client.batch("b1").download(tmp_path / "out")
        assert path.read_bytes() == PICTURE
        assert store.keys == [None]
    service.store = ""
    path.unlink()
    await client.batch("b1").download(tmp_path / "out")
    assert service.keys == ["Bearer secret-key"]


async def test_a_result_that_always_comes_damaged_is_not_kept(service: Service, tmp_path: Path) -> None:
    service.sent = PICTURE[:-1] + b"?"
    async with AsyncPhotoBatch(service.url, max_retries=2) as client:
        with pytest.raises(UnavailableError, match="damaged"):
            await client.batch("b1").download(tmp_path)
    assert not (tmp_path / "a.jpg").exists()


async def test_a_part_of_something_else_is_begun_anew(
    service: Service, client: AsyncPhotoBatch, tmp_path: Path
) -> None:
    (tmp_path / "a.jpg.part").write_bytes(b"from another batch")
    [path] = await client.batch("b1").download(tmp_path)
    assert path.read_bytes() == PICTURE
    assert os.listdir(tmp_path) == ["a.jpg"]


def test_the_address_and_the_key_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHOTOBATCH_URL", "https://photos.example.org/")
    monkeypatch.setenv("PHOTOBATCH_API_KEY", "no key at all")
    assert repr(AsyncPhotoBatch(api_key="fine")) == "AsyncPhotoBatch('https://photos.example.org')"
    with pytest.raises(InvalidRequestError, match="invalid_api_key") as refused:
        AsyncPhotoBatch()
    assert "no key" not in str(refused.value)
    with pytest.raises(InvalidRequestError, match="invalid_url"):
        AsyncPhotoBatch("photos.example.org", "fine")


async def test_a_file_that_cannot_be_read_is_told_apart(
    service: Service, client: AsyncPhotoBatch, photo: Path, tmp_path: Path
) -> None:
    (tmp_path / "gone.jpg").symlink_to(tmp_path / "nowhere")
    batch = await client.submit(tmp_path, preset_type="filter")
    assert [(refused.path.name, refused.error.code) for refused in batch.refused] == [("gone.jpg", "unreadable")]
    assert [body["image_urls"] for _, body in service.submits] == [["upload:a photo.jpg"]]


async def test_results_do_not_replace_the_photos_they_were_made_of(
    client: AsyncPhotoBatch, photo: Path, tmp_path: Path
) -> None:
    batch = await client.submit(photo, preset_type="filter")
    with pytest.raises(InvalidRequestError, match="own_folder"):
        await batch.download(tmp_path)
    assert os.listdir(tmp_path) == [photo.name]


async def test_a_change_is_sent_to_no_other_address(service: Service, client: AsyncPhotoBatch, photo: Path) -> None:
    service.instead["upload"].append(RedirectResponse("https://photos.example.org/api/v1/uploads", 307))
    with pytest.raises(PhotoBatchError, match=r"https://photos\.example\.org"):
        await client.upload(photo)


async def test_what_may_have_been_done_is_not_done_again(service: Service, client: AsyncPhotoBatch) -> None:
    service.instead["share"].extend([problem(429, "rate_limited"), problem(503, "journal_unavailable"), None])
    with pytest.raises(UnavailableError, match="journal_unavailable"):
        await client.batch("b1").share()
    with pytest.raises(UnavailableError, match="unreachable"):
        await client.batch("b1").share()
    assert not service.instead["share"]


async def test_a_service_that_accepts_and_never_answers_is_away() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        async with AsyncPhotoBatch(url, max_retries=0, timeout=0.2) as client:
            with pytest.raises(UnavailableError, match="said nothing"):
                await client.stats()
