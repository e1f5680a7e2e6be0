"""What a receiver of OpenTelemetry's gets to see of a batch."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.servers import ports
from benchmarks.servers.server import Server, serving
from tests.service.otlp_receiver import Receiver, Span, receiving

CLIENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
STAGES = {"lease-wait", "fetch", "compute", "store"}
PARTS = {"decode", "analyse", "apply", "encode"}
QUICK = {"OTEL_BSP_SCHEDULE_DELAY": "100"}


@pytest.fixture(scope="module")
def receiver(needs_otel: None) -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory, photo_folder: Path, receiver: Receiver) -> Iterator[Server]:
    variables = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url,
        "OTEL_EXPORTER_OTLP_HEADERS": "x-tenant=photos",
        "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip",
        "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=test",
        **QUICK,
    }
    with serving(tmp_path_factory.mktemp("traced"), BATCH_FILE_ROOTS=str(photo_folder), **variables) as server:
        yield server


def below(spans: list[Span], parent: Span) -> list[Span]:
    return [span for span in spans if span.parent_id == parent.span_id]


def test_each_photo_is_traced_below_the_request_that_submitted_it(
    traced: Server, receiver: Receiver, photo_folder: Path
) -> None:
    names = ["astronaut.jpg", "text.jpg"]
    request = {"image_urls": [(photo_folder / name).as_uri() for name in names], "preset_id": "beauty_light"}
    answer = traced.http.post("/api/v1/batch/submit", json=request, headers={"traceparent": CLIENT}).json()
    task = answer["task_id"]
    traced.ended(task)

    def photos_of(spans: list[Span]) -> list[Span]:
        return [one for one in spans if one.name == "photo" and one.attributes["photobatch.batch.id"] == task]

    def submits_of(spans: list[Span]) -> list[Span]:
        return [span for span in spans if span.parent_id == CLIENT.split("-")[2]]

    spans = receiver.until(lambda spans: len(photos_of(spans)) == 2 and submits_of(spans))
    [submit] = submits_of(spans)
    assert submit.name == "POST /api/v1/batch/submit"
    assert submit.attributes["http.response.status_code"] == 202
    done, failed = sorted(photos_of(spans), key=lambda photo: photo.attributes["photobatch.photo.index"])
    for photo in (done, failed):
        assert photo.parent_id == submit.span_id
        assert photo.trace_id == CLIENT.split("-")[1]
        for stage in below(spans, photo):
            assert photo.begun <= stage.begun <= stage.ended <= photo.ended, stage
            named = ("photobatch.batch.id", "photobatch.photo.index")
            assert [stage.attributes[name] for name in named] == [photo.attributes[name] for name in named]
    assert {span.name for span in below(spans, done)} == STAGES
    order = sorted((span for span in below(spans, done)), key=lambda span: span.begun)
    assert [span.name for span in order] == ["lease-wait", "fetch", "compute", "store"]
    [compute] = [span for span in below(spans, done) if span.name == "compute"]
    parts = below(spans, compute)
    assert {span.name for span in parts} == PARTS
    assert all(compute.begun - 0.001 <= part.begun <= part.ended <= compute.ended + 0.001 for part in parts)
    assert done.attributes["photobatch.attempt"] == 1
    assert done.attributes["photobatch.result.bytes"] == traced.photos(task)[0]["result"]["bytes"]
    assert not done.failed
    assert failed.failed
    assert failed.attributes["error.type"] == "unsupported_media"
    assert {span.name for span in below(spans, failed)} == STAGES - {"store"}


def test_the_standard_variables_count_and_nothing_private_is_sent(
    traced: Server, receiver: Receiver, photo_folder: Path
) -> None:
    url = (photo_folder / "coffee.jpg").as_uri()
    task = traced.submit(image_urls=[url], preset_id="filter_warm")["task_id"]
    traced.ended(task)
    assert traced.http.get("/s/no-such-key-of-a-link").status_code == 404
    spans = receiver.until(
        lambda spans: {"photo", "POST /api/v1/batch/submit"} <= {span.name for span in spans} and len(spans) > 10
    )
    assert {span.resource["service.name"] for span in spans} == {"photobatch"}
    assert {span.resource["deployment.environment.name"] for span in spans} == {"test"}
    assert len({span.resource["service.instance.id"] for span in spans}) >= 2, "the ingress and a worker"
    assert all(headers["x-tenant"] == "photos" for headers in receiver.headers)
    assert not any("health" in span.name or "metrics" in span.name for span in spans)
    said = repr(spans)
    assert "coffee" not in said
    assert "no-such-key" not in said


@pytest.mark.slow
def test_a_receiver_that_is_away_delays_no_photo(needs_otel: None, tmp_path: Path, photo_folder: Path) -> None:
    short = {"OTEL_BSP_MAX_QUEUE_SIZE": "16", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "8", **QUICK}
    variables = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{ports.free()}", **short}
    with serving(tmp_path, BATCH_FILE_ROOTS=str(photo_folder), **variables) as server:
        url = (photo_folder / "coffee.jpg").as_uri()
        task = server.submit(image_urls=[url] * 20, preset_id="filter_warm")["task_id"]
        assert server.ended(task)["counts"]["succeeded"] == 20
        assert server.stop() == 0
        lines = server.output.read_text().splitlines()
        assert len([line for line in lines if "opentelemetry.exporter" in line]) == 1, "one a minute"
