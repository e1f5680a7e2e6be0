"""The process that computes for a stage: it may crash, hang or be killed, and costs at most the photo."""

import io
import os
import signal
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pillow_heif
import psutil
import pytest
import simplejpeg
import torch
from PIL import Image

from photobatch import UnavailableError
from photobatch.ray import Retouch
from photobatch.stage.messages import Failed, Made, Photo
from photobatch.stage.process import ProcessError, RefusedError, Retoucher
from tests.photobatch.stage.conftest import jpeg


@pytest.fixture
def retoucher() -> Iterator[Retoucher]:
    retoucher = Retoucher(Retouch("filter_warm").recipe, gpu=0.0)
    yield retoucher
    retoucher.close()


def test_a_process_that_is_killed_once_costs_nothing(retoucher: Retoucher) -> None:
    first, photo = retoucher.pid, Photo(jpeg("coffee"))
    expected = retoucher.retouch(photo)
    os.kill(first, signal.SIGSTOP)  # so that it has the photo, and dies of it as far as anybody can tell
    outcomes: list[Made | Failed] = []
    asking = threading.Thread(target=lambda: outcomes.append(retoucher.retouch(photo)))
    asking.start()
    os.kill(first, signal.SIGKILL)
    asking.join(60)
    assert outcomes == [expected]
    assert isinstance(expected, Made)
    assert retoucher.pid != first


def test_a_photo_that_crashes_native_code_fails_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The library that reads HEIC is one that crashes."""
    (tmp_path / "pillow_heif.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n")
    monkeypatch.syspath_prepend(tmp_path)
    stage = Retouch("filter_warm")()
    good = jpeg("coffee")
    heic, after = (stage({"bytes": [data]}).to_pylist()[0] for data in (_heic(), good))
    assert (heic["bytes"], heic["error"]["code"], heic["error"]["retryable"]) == (None, "worker_crashed", False)
    assert (after["error"], after["format"]) == (None, "jpeg")


def test_a_photo_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATCH_TASK_TIMEOUT", "0.05")
    retoucher = Retoucher(Retouch("beauty_light").recipe, gpu=0.0)
    before = retoucher.pid
    noise = np.random.default_rng(0).integers(0, 256, (3000, 4000, 3), np.uint8)
    outcome = retoucher.retouch(Photo(simplejpeg.encode_jpeg(noise, 100)))
    assert isinstance(outcome, Failed)
    assert (outcome.code, outcome.retryable) == ("timed_out", True)
    assert not psutil.pid_exists(before)
    retoucher.close()


def test_a_process_ends_when_nobody_needs_it(retoucher: Retoucher) -> None:
    process = psutil.Process(retoucher.pid)
    retoucher._process._connection.close()  # as when its actor is killed
    assert process.wait(10) in (0, None)


def test_a_node_with_another_version_says_so() -> None:
    stage = Retouch("filter_warm")
    stage.recipe = replace(stage.recipe, version="9.9.9")
    with pytest.raises(UnavailableError, match=r"This node has photobatch .*, the driver 9\.9\.9"):
        stage()


def test_a_process_that_cannot_start_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cv2.py").write_text("import os\nos._exit(3)\n")
    recipe = Retouch("filter_warm").recipe
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ProcessError, match="exit code 3"):
        Retoucher(recipe, gpu=0.0)


def test_what_is_not_installed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the driver, which needs no OpenCV, and where an actor starts."""
    stage = Retouch("filter_warm")
    monkeypatch.syspath_prepend(tmp_path)
    for package, need in {"cv2": stage, "yaml": lambda: Retouch("filter_warm")}.items():
        (tmp_path / f"{package}.py").write_text(f"raise ModuleNotFoundError('none', name={package!r})\n")
        with pytest.raises(UnavailableError, match=f"there is no module {package}") as refused:
            need()
        assert refused.value.code == "not_installed"


def _heic() -> bytes:
    """A small HEIC; pillow_heif writes it in a test, never in photobatch."""
    picture = pillow_heif.from_pillow(Image.new("RGB", (64, 64), (200, 120, 40)))
    picture.save(file := io.BytesIO(), quality=90)
    return file.getvalue()


@pytest.mark.skipif(torch.cuda.is_available(), reason="torch can use the GPU here")
def test_a_gpu_that_cannot_be_used_is_said() -> None:
    """Ray has granted it; a stage that computed on the CPU instead would keep it from others."""
    with pytest.raises(RefusedError, match=r"gpu_unusable.*cannot be used; leave num_gpus out: .*NVIDIA"):
        Retoucher(Retouch("filter_warm").recipe, gpu=0.25)
