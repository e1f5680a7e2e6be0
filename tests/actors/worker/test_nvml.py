"""Use and memory of GPUs, read from a library with NVML's functions: there is no GPU here."""

import logging
from pathlib import Path

import pytest

from actors.messages.records import Gpu
from actors.worker.nvml import Nvml, open_nvml
from tests.actors.worker.fake_nvml import fake_nvml


def test_each_gpu_that_answers_is_read_and_what_it_does_not_tell_is_left_out(tmp_path: Path) -> None:
    assert Nvml(str(fake_nvml(tmp_path))).read() == [
        Gpu(0, 0.42, 5_000_000_000, 80_000_000_000),
        Gpu(1, None, 0, 80_000_000_000),
    ]


def test_without_a_driver_nothing_is_read_and_the_log_says_why(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert open_nvml(str(tmp_path / "libnvidia-ml.so.1")) is None
        assert open_nvml(str(fake_nvml(tmp_path, starts=9))) is None  # NVML_ERROR_DRIVER_NOT_LOADED
    assert "NVML does not start: error 9" in caplog.text
    assert len(caplog.records) == 2
