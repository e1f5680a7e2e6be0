import numpy as np
import pytest
import torch

from models.erase.fill import Telea
from models.errors import PhotoError
from models.fallbacks import take_fallbacks
from models.networks import Networks
from models.neural.device import OutOfMemoryError
from models.neural.restorer import Restorer
from models.weights import WeightStore


def picture(height, width):
    return np.random.default_rng(4).integers(0, 256, (height, width, 4), np.uint8)


@pytest.fixture(scope="session")
def restorer(compact_file):
    return Restorer(compact_file, "0" * 64, "cpu")


def test_tiles_equal_the_whole(restorer):
    pixels = picture(150, 210)
    whole, tiled = restorer.run(pixels), restorer.run(pixels, tile=64)
    assert whole.shape == (300, 420, 4)
    assert np.abs(whole.astype(int) - tiled).max() <= 1


def test_it_is_the_network_that_was_published(restorer, compact):
    pixels = picture(40, 50)
    image = torch.from_numpy(pixels[..., :3].copy()).permute(2, 0, 1)[None].float() / 255
    with torch.inference_mode():
        wanted = (compact(image)[0].clamp(0, 1) * 255).round().to(torch.uint8).permute(1, 2, 0).numpy()
    assert np.array_equal(restorer.run(pixels)[..., :3], wanted)


def test_alpha_is_enlarged_too(restorer):
    pixels = picture(20, 20)
    pixels[..., 3] = 255
    pixels[:10, :, 3] = 0
    alpha = restorer.run(pixels)[..., 3]
    assert alpha[:18].max() == 0
    assert alpha[22:].min() == 255


def test_where_memory_ends_tiles_are_smaller_and_the_picture_the_same(restorer, monkeypatch):
    pixels = picture(150, 210)
    whole = restorer.run(pixels)
    tile = restorer._tile

    def short(part, device):
        if part.shape[0] > 130 or part.shape[1] > 130:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return tile(part, device)

    monkeypatch.setattr(restorer, "_tile", short)
    assert np.abs(restorer.run(pixels).astype(int) - whole).max() <= 1


def test_a_gpu_without_memory_for_a_tile_hands_over_to_the_cpu_and_it_is_counted(restorer, monkeypatch):
    pixels = picture(90, 70)
    wanted, run = restorer.run(pixels), restorer._run

    def full(pixels, tile, device):
        if device.type != "cpu":
            raise OutOfMemoryError(device.type)
        return run(pixels, tile, device)

    monkeypatch.setattr(restorer, "_run", full)
    monkeypatch.setattr(restorer, "_device", torch.device("cuda", 0))
    take_fallbacks()
    assert np.abs(restorer.run(pixels).astype(int) - wanted).max() <= 1
    assert take_fallbacks() == {"network_on_cpu": 1}


def test_a_name_that_is_not_there_is_said_with_what_to_do(tmp_path):
    with pytest.raises(PhotoError, match="photobatch models") as missing:
        Networks(WeightStore(tmp_path), Telea(), gpu=0.0).restorer("denoise")
    assert missing.value.code == "model_missing"
