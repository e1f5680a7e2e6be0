"""What Prometheus is told about the service."""

from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from benchmarks.servers.server import Server

STAGES = {"queue", "fetch", "decode", "analyse", "apply", "encode", "store"}


def scrape(server: Server) -> dict[tuple[str, tuple[str, ...]], float]:
    """Every sample by its name and the values of its labels, without that of the replica that answers."""
    answer = server.http.get("/metrics").raise_for_status()
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    families = text_string_to_metric_families(answer.text)
    return {
        (sample.name, tuple(value for name, value in sample.labels.items() if name != "replica")): sample.value
        for family in families
        for sample in family.samples
    }


def test_a_batch_shows_in_the_metrics_and_nothing_names_it(server: Server, photo_folder: Path) -> None:
    before = scrape(server)
    names = ["astronaut.jpg", "coffee.jpg", "text.jpg"]
    urls = [(photo_folder / name).as_uri() for name in names]
    task = server.submit(image_urls=urls, preset_id="beauty_light", preset_params={"smoothing": 0.123})["task_id"]
    server.ended(task)
    results = [photo["result"] for photo in server.photos(task) if photo["result"]]
    after = scrape(server)

    def grew(name: str, *labels: str) -> float:
        return after[name, labels] - before.get((name, labels), 0.0)

    assert after["photobatch_up", ()] == 1
    assert grew("photobatch_photos_total", "succeeded") == 2
    assert grew("photobatch_photos_total", "failed") == 1
    assert grew("photobatch_photo_failures_total", "unsupported_media") == 1
    assert grew("photobatch_result_bytes_total") == sum(result["bytes"] for result in results)
    assert grew("photobatch_http_requests_total", "POST", "/api/v1/batch/submit", "202") == 1
    assert {labels[0] for name, labels in after if name == "photobatch_stage_seconds_count"} == STAGES
    assert all(grew("photobatch_stage_seconds_count", stage) >= 2 for stage in STAGES)
    assert after["photobatch_queue_photos", ()] == 0
    assert sum(after["photobatch_workers", (state,)] for state in ("ready", "busy", "starting")) == 2
    nodes = {labels[1] for name, labels in after if name == "photobatch_node_info"}
    assert len(nodes) == 1
    [node] = nodes
    assert grew("photobatch_node_photos_total", node, "succeeded") == 2
    assert grew("photobatch_node_stage_seconds_total", node, "encode") > 0
    assert sum(after["photobatch_node_workers", (node, state)] for state in ("ready", "busy", "starting")) == 2
    assert after["photobatch_fallbacks_total", ("torch_on_cpu", node)] == 0
    text = server.http.get("/metrics").text
    assert not [name for name, _ in after if name.endswith(("_created", "_per_second"))]
    assert task not in text
    assert "astronaut" not in text


def test_what_is_repeated_shows_as_reused(server: Server, photo_folder: Path) -> None:
    url = (photo_folder / "chelsea.jpg").as_uri()
    for _ in range(2):
        server.ended(server.submit(image_urls=[url], preset_id="filter_cool", preset_params={"fade": 0.05})["task_id"])
    assert scrape(server)["photobatch_photos_reused_total", ()] >= 1
