"""Lines of the log: fields for machines, words for people, and nothing that somebody could use."""

import json
import logging
import re

import pytest

from actors.logs import Lines, LogConfig, begin

ADDRESS = "https://ann:pass@bucket.example/a b/photo.jpg?X-Signature=secret&Expires=1#part"


def record(message: str, *args: object, error: Exception | None = None, **extra: object) -> logging.LogRecord:
    made = logging.getLogger("actors.worker.stages").makeRecord(
        "actors.worker.stages", logging.WARNING, __file__, 1, message, args, None, extra=extra
    )
    made.exc_info = (type(error), error, None) if error else None
    return made


def test_json_has_a_field_for_everything() -> None:
    lines = Lines(as_json=True, fields={"process": "worker"})
    line = lines.format(record("photo %s", "failed", batch="b1", photo=3, attempt=2, error=ValueError("why\nnot")))
    assert "\n" not in line
    said = json.loads(line)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", said.pop("time"))
    assert said == {
        "level": "warning",
        "logger": "actors.worker.stages",
        "message": "photo failed",
        "process": "worker",
        "batch": "b1",
        "photo": 3,
        "attempt": 2,
        "error": "ValueError: why\nnot",
    }


def test_text_says_the_same() -> None:
    line = Lines(as_json=False, fields={"process": "worker"}).format(record("photo failed", photo=3))
    assert line.endswith("Z WARNING actors.worker.stages: photo failed process=worker photo=3")


@pytest.mark.parametrize("as_json", [True, False])
def test_no_line_has_what_an_address_keeps_to_itself(as_json: bool) -> None:
    lines = Lines(as_json=as_json, fields={})
    for line in (
        lines.format(record("cannot read %s", ADDRESS)),
        lines.format(record("cannot read", source=ADDRESS)),
        lines.format(record("cannot read", error=ValueError(f"no host in '{ADDRESS}'"))),
        lines.format(record("GET /api/v1/batch?cursor=secret")),
    ):
        assert not {word for word in ("secret", "Signature", "pass@", "cursor") if word in line}, line


def test_a_question_keeps_its_mark() -> None:
    assert Lines(as_json=False, fields={}).format(record("and/or? yes")).endswith("and/or? yes")


def test_others_are_heard_from_warnings_on_whatever_our_own_level(capfd: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    before = root.level, list(root.handlers)
    try:
        begin(LogConfig(level="DEBUG"), process="test")
        begin(LogConfig(as_json=True, level="DEBUG"), process="test")
        logging.getLogger("httpx").info("GET https://example/?token=secret")
        logging.getLogger("actors.worker.stages").debug("ours")
        logging.getLogger("httpx").warning("theirs")
    finally:
        root.setLevel(before[0])
        root.handlers = before[1]
        for package in ("actors", "deployments", "models", "presets", "storage"):
            logging.getLogger(package).setLevel(logging.NOTSET)
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    assert [(line["message"], line["process"]) for line in lines] == [("ours", "test"), ("theirs", "test")]
