"""Every line of the check of a GPU runs, on a fake one; a part that fails or hangs costs only itself."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from benchmarks import gpu_check
from benchmarks.gpu.fake_device import FakeDevice
from benchmarks.gpu.plan import Plan, tiny
from models.neural.device import device_for

pytest.importorskip("nvidia.nvimgcodec", reason="needs nvidia-nvimgcodec-cu13")

from benchmarks.gpu import detecting, retouching
from benchmarks.gpu.part import PARTS

ROOT = Path(__file__).parents[2]


@pytest.fixture
def plan() -> Iterator[Plan]:
    with FakeDevice() as device, torch.inference_mode():
        assert device_for(1.0) == "cuda"
        yield tiny(device)


def rates(found: object) -> list[float]:
    return [found] if isinstance(found, float) else [rate for each in found.values() for rate in rates(each)]


def test_versions_and_pixels(plan):
    found = PARTS["versions"](plan)
    assert found["same_pixels"]
    assert found["packages"]["torch"] == torch.__version__.partition("+")[0]


def test_copies(plan):
    found = PARTS["copies"](plan)
    assert min(rates(found["up"]) + rates(found["down"])) > 0
    assert set(plan.fake.copies.up) == set(plan.fake.copies.down) == {"pinned", "pageable", "strided"}


def test_a_loss_is_told(plan):
    found = PARTS["loss"](plan)
    assert {each["raised"] for each in found.values()} == {"DeviceLostError"}
    assert "device-side assert" in found["assert"]["detail"]


def test_codecs_and_streams(plan):
    found = PARTS["codec"](plan)
    for kind in found["photos_per_s"].values():
        assert kind["difference"] == {"mean": 0.0, "most": 0}, "libjpeg-turbo stands in"
        assert min(rates(kind["decode"]) + rates(kind["encode"])) > 0
    assert found["worth_it"] == (found["best_decode"] > found["cores"] * found["photos_per_s_of_a_core"]["decode"])
    assert min(rates(PARTS["flights"](plan))) > 0


def test_damage(plan):
    found = PARTS["damaged"](replace(plan, damaged=6))["outcomes"]
    assert sum(found.values()) == 6
    assert not any("another picture" in outcome for outcome in found), "libjpeg-turbo stands in"
    assert any("refused" in outcome or "left it" in outcome for outcome in found)


@pytest.mark.slow
def test_the_detector(plan):
    """The fake GPU computes in float32, but not in onnxruntime's order: the faces stay, and bytes may differ."""
    kernels = plan.fake.kernels
    found = PARTS["detector"](plan)
    assert plan.fake.kernels > kernels
    assert found["faces"] > 0
    for arithmetic in ("fp32", "tf32"):
        assert min(rates(found[arithmetic]["views_per_s"])) > 0
        assert found[arithmetic]["faces"]["differ"] == 0
        assert found[arithmetic]["faces"]["most_px_of_a_box"] < 0.01
        assert found[arithmetic]["photos_of_other_bytes"] <= found["photos"]
    assert found["gathered"]["core"]["photos_per_s"] > 0
    for count in plan.streams:
        together = found["gathered"][str(count)]
        assert together["faces"] == found["faces"]
        assert min(together["views_in_a_batch"].values()) >= 1
        assert together["photos_per_s"] > 0
    faster = min(found["ms_of_a_photo"]["gpu"].values()) < found["ms_of_a_photo"]["core"] / found["cores"]
    assert found["verdict"] == (detecting.WORTH_IT if faster else detecting.SLOWER)
    assert found["worth_it"] == faster


@pytest.mark.slow
def test_lama_and_its_memory(plan):
    found = PARTS["lama"](plan)
    for way in ("fp32", "tf32", "channels_last", "graph"):
        assert found[way]["most_codes_from_fp32"] < 1, found[way]
    budgets = PARTS["ladder"](plan)["budgets"]
    assert budgets["4.0"]["weights_on"] == ["cuda"]
    assert budgets["0.1"]["weights_on"] == ["cpu"]


@pytest.mark.slow
def test_a_process_retouches(plan, tmp_path, monkeypatch):
    monkeypatch.setattr(retouching, "_retouch", None)
    retouching._begin(tmp_path, 1.0, fake=False)
    for preset in retouching._PRESETS:
        kernels = plan.fake.kernels
        assert retouching._one(preset, plan.files()[0]) > 100_000
        assert plan.fake.kernels > kernels, preset


def test_a_part_that_hangs_is_ended():
    found = gpu_check.measured("versions", 0.1, fake=True)  # importing torch takes longer
    assert "ended after" in found["error"]


@pytest.mark.slow
def test_a_part_that_fails_costs_only_itself(tmp_path, monkeypatch):
    monkeypatch.setattr(gpu_check, "LIMITS", {"no such part": 60, "copies": 60})
    out = tmp_path / "report.json"
    report = gpu_check.check(["no such part", "copies"], out, fake=True)
    assert "invalid choice" in report["no such part"]["error"]
    assert "found" in report["copies"]
    assert json.loads(out.read_text()) == report


def test_when_time_is_over_the_rest_is_left_out(monkeypatch):
    monkeypatch.setattr(gpu_check, "WHOLE_S", 1.0)
    assert gpu_check.check(["copies"], None, fake=True)["copies"] == {"left_out": "no time is left"}


def test_a_slow_decoder_ends_what_would_build_on_it(monkeypatch):
    ran = []

    def measured(name, limit_s, *, fake):
        ran.append(name)
        return {"found": {"worth_it": False}}

    monkeypatch.setattr(gpu_check, "measured", measured)
    report = gpu_check.check(list(gpu_check.LIMITS), None, fake=False)
    assert report["verdict"] == report["retoucher"]["left_out"] == gpu_check.NOT_WORTH_IT
    assert set(gpu_check.LIMITS) - set(ran) == {"flights", "retoucher"}


def test_all_of_it_takes_nine_minutes_at_most():
    assert set(gpu_check.LIMITS) == set(PARTS)
    assert gpu_check.WHOLE_S < 9 * 60


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_without_a_gpu_it_says_so():
    words = [sys.executable, "-m", "benchmarks.gpu_check"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "finds no GPU here" in done.stderr


@pytest.mark.slow
def test_the_command_runs_all_of_it(tmp_path):
    words = [sys.executable, "-m", "benchmarks.gpu_check", "--fake", "--out", str(tmp_path / "report.json")]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["retoucher"]["found"]["gpu × 1"]["filter_warm"] > 0
    assert report["tests"]["found"]["passed"]
    assert report == json.loads((tmp_path / "report.json").read_text())
