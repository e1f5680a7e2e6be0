"""Traces are made where OpenTelemetry's own variables ask for them, and cost nothing elsewhere."""

import logging
import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from deployments import compose
from deployments.settings import Settings
from deployments.tracing import open_tracer

ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("OTEL_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def settings(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> Settings:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return Settings()


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"OTEL_SERVICE_NAME": "photos"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": ""},
        ENDPOINT | {"OTEL_SDK_DISABLED": "true"},
        ENDPOINT | {"OTEL_TRACES_EXPORTER": "none"},
    ],
)
def test_nobody_asks_for_traces(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], tmp_path: Path) -> None:
    chosen = settings(monkeypatch, variables)
    assert chosen.otel == {}
    assert compose.services(chosen).tracer is None
    assert compose.coordinator_config(chosen).worker.open_tracer is None


@pytest.mark.parametrize(
    "variables",
    [
        ENDPOINT | {"OTEL_EXPORTER_OTLP_HEADERS": "authorization=hush-hush"},
        {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector:4318/v1/traces"},
    ],
)
def test_processes_on_other_nodes_get_the_variables(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], tmp_path: Path
) -> None:
    chosen = settings(monkeypatch, variables | {"HOME": str(tmp_path)})
    elsewhere = pickle.loads(pickle.dumps(chosen))  # noqa: S301 - as Serve sends it to a replica
    for name in variables:
        monkeypatch.delenv(name)
    assert elsewhere.otel == variables
    assert compose.with_workers(elsewhere, 2, 4).otel == variables
    assert "hush-hush" not in repr(elsewhere)
    assert compose.coordinator_config(elsewhere).worker.open_tracer is not None
    assert compose.throwaway_config(elsewhere, tmp_path, "run").worker.open_tracer is None


def test_what_cannot_be_traced_is_said_and_stops_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http", None)
    for name in ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_PROTOCOL"):
        monkeypatch.setenv(name, "")  # taken away again after the test
    with caplog.at_level(logging.WARNING):
        assert open_tracer(ENDPOINT, "w_1") is None
        assert open_tracer(ENDPOINT | {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "w_1") is None
    assert "pip install 'photobatch[otel]'" in caplog.text
    assert "only http/protobuf is spoken" in caplog.text


def test_without_traces_the_sdk_is_not_loaded() -> None:
    program = (
        "import sys; from deployments import api, compose; from actors.worker import pixels, worker;"
        "print([name for name in sys.modules if name.startswith(('opentelemetry.sdk', 'opentelemetry.exporter'))])"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
