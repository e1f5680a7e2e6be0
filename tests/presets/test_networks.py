"""Presets that name networks: an op of a custom preset, and erase."""

import sys

import numpy as np
import pytest

from models.codec.header import Limits
from models.erase.fill import Telea
from models.erase.filling import alone
from models.errors import PhotoError
from models.networks import Networks
from models.picture import Picture, Source
from models.weights import WeightStore
from presets.catalogue import Catalogue
from presets.errors import PresetError
from presets.params import check_complete
from presets.pipeline import compile_pipeline
from tests.checkpoints import compact_network, write_safetensors

CATALOGUE = Catalogue.built_in()


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("networks")
    made = WeightStore(folder / "models")
    made.add("larger", write_safetensors(compact_network(), folder / "compact.safetensors"))
    return made


@pytest.fixture
def networks(store):
    return Networks(store, Telea(), gpu=0.0)


def run(preset_type, params, networks, pixels, painted=None, **changes):
    preset = CATALOGUE.resolve(None, preset_type, params)
    picture = Picture(pixels.copy(), Source("png", pixels.shape[1], pixels.shape[0]))
    settings = {"max_side": None, "tables": None, "applier": None, "networks": networks} | changes
    notes = alone(compile_pipeline(preset, **settings).run(picture, b"seed" * 8, painted))
    return picture.pixels, notes


def noise(height=40, width=60):
    pixels = np.random.default_rng(1).integers(0, 256, (height, width, 4), np.uint8)
    pixels[..., 3] = 255
    return pixels


def test_a_network_is_an_op_of_a_preset(networks):
    params = {"ops": [{"op": "model", "name": "larger"}]}
    once, _ = run("color", params, networks, noise())
    assert once.shape == (80, 120, 4)
    twice, _ = run("color", {"ops": params["ops"] * 2}, networks, noise())
    assert twice.shape == (160, 240, 4)
    small, _ = run("color", params, networks, noise(), max_side=30)
    assert small.shape == (20, 30, 4)


def test_a_worker_without_torch_says_what_brings_it(networks, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(PhotoError, match="needs torch") as refused:
        run("color", {"ops": [{"op": "model", "name": "larger"}]}, networks, noise())
    assert (refused.value.code, refused.value.retryable) == ("torch_missing", True)
    assert "pip install 'photobatch[server]'" in refused.value.detail


def test_a_picture_that_would_grow_too_large_fails_with_a_sentence(networks):
    params = {"ops": [{"op": "model", "name": "larger"}]}
    with pytest.raises(PhotoError) as refused:
        run("color", params, networks, noise(), max_pixels=Limits(max_pixels=9000).max_pixels)
    assert refused.value.code == "too_many_pixels"


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "a/b", ""])
def test_a_preset_never_names_a_path(name):
    with pytest.raises(PresetError) as refused:
        CATALOGUE.resolve(None, "color", {"ops": [{"op": "model", "name": name}]})
    assert refused.value.field.startswith("ops")


def test_erase_takes_boxes_and_a_painted_mask_together(networks):
    pixels = np.full((60, 90, 4), 128, np.uint8)
    pixels[5:9, 5:9, :3] = 0
    pixels[40:44, 70:74, :3] = 255
    painted = np.zeros((30, 45, 4), np.uint8)
    painted[20:22, 35:37] = 255
    boxes = {"regions": {"unit": "px", "boxes": [[5, 5, 4, 4]]}, "dilate_px": 2}
    result, _ = run("erase", boxes | {"mask": "upload:x"}, networks, pixels, painted)
    assert np.abs(result[..., :3].astype(int) - 128).max() <= 2


def test_dilation_reaches_as_far_as_it_says(networks):
    pixels = noise(100, 100)
    for px in (0.0, 10.0):
        params = {"regions": {"boxes": [[0.5, 0.5, 0.02, 0.02]]}, "dilate_px": px}
        result, _ = run("erase", params, networks, pixels)
        rows = np.flatnonzero((result != pixels).any(axis=(1, 2)))
        assert 50 - px - 4 <= rows.min() <= 50 - px + 1
        assert 51 + px - 1 <= rows.max() <= 51 + px + 4


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"regions": {"unit": "px", "boxes": [[500, 500, 10, 10]]}}, "empty_mask"),
        ({"regions": {"boxes": [[0, 0, 1, 1]]}}, "full_mask"),
        ({"regions": {"boxes": [[0.2, 0.2, 0.6, 0.6]]}, "dilate_px": 500}, "full_mask"),
    ],
)
def test_nothing_and_everything_get_a_clear_answer(params, code, networks):
    with pytest.raises(PhotoError) as refused:
        run("erase", params, networks, noise())
    assert refused.value.code == code


def test_erase_needs_to_know_what():
    check_complete("erase", {"mask": "upload:x"})
    check_complete("filter", {})
    with pytest.raises(PresetError, match="regions"):
        check_complete("erase", CATALOGUE.resolve("erase", None, {}).params)


def test_a_batch_works_with_the_weights_that_it_pinned_or_says_why_not(networks):
    there = networks.restorer("larger").sha256
    op = {"op": "model", "name": "larger"}
    run("color", {"ops": [op | {"sha256": there}]}, networks, noise())
    with pytest.raises(PhotoError) as refused:
        run("color", {"ops": [op | {"sha256": "0" * 64}]}, networks, noise())
    assert refused.value.code == "model_changed"
    boxes = {"regions": {"boxes": [[0.5, 0.5, 0.1, 0.1]]}}
    for without_weights in ("telea", "patches"):
        run("erase", boxes | {"model": without_weights}, networks, noise())
    with pytest.raises(PhotoError) as refused:
        run("erase", boxes | {"model": "0" * 64}, networks, noise())
    assert refused.value.code == "model_changed"
