"""The real architecture; where memory ends is acted, for want of a GPU."""

from contextlib import nullcontext
from dataclasses import asdict

import cv2
import numpy as np
import pytest
import torch
from torch.nn import functional

from actors.messages.records import BatchSpec
from actors.worker.pixels import PixelRetoucher
from models.codec.header import Limits
from models.erase.erase import Erase
from models.erase.fill import Telea
from models.erase.filling import SideBySide, alone
from models.errors import DeviceLostError, PhotoError, WeightsError
from models.fallbacks import take_fallbacks
from models.networks import LAMA, Networks
from models.neural.device import OutOfMemoryError
from models.neural.lama import Lama
from models.weights import Weights, WeightStore, sha256_of
from presets.catalogue import Catalogue
from tests.models.pictures import picture_of


@pytest.fixture(scope="session")
def store(torchscript, tmp_path_factory):
    store = WeightStore(tmp_path_factory.mktemp("models"))
    size = torchscript.stat().st_size
    store.install(Weights(LAMA, "", size, sha256_of(torchscript), "Apache-2.0", "network", ""), torchscript)
    return store


@pytest.fixture(scope="session")
def loaded(store):
    return Lama(store.path(LAMA), store.find(LAMA).sha256, "cpu")


def photo(height=24, width=32, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def hole(height=24, width=32):
    mask = np.zeros((height, width), np.uint8)
    mask[5:15, 6:22] = 255
    return mask


def by_hand(network, crop, mask):
    """The architecture's own output, padded by reflection to a multiple of 8."""
    image = torch.from_numpy(crop).permute(2, 0, 1)[None].float() / 255
    marked = (torch.from_numpy(mask) > 0).float()[None, None]
    height, width = mask.shape
    padding = (0, -width % 8, 0, -height % 8)
    with torch.inference_mode():
        out = network(functional.pad(image, padding, "reflect"), functional.pad(marked, padding, "reflect"))
    codes = (out[0, :, :height, :width].clamp(0, 1) * 255).round().to(torch.uint8)
    return codes.permute(1, 2, 0).numpy()


def test_a_published_file_becomes_one_that_cannot_run_anything(store, torchscript):
    installed = store.find(LAMA)
    assert installed.network == "LaMa"
    assert installed.source_sha256 == sha256_of(torchscript)
    assert store.path(LAMA).suffix == ".safetensors"
    assert sorted(path.name for path in store.folder.iterdir()) == [installed.file, f"{LAMA}.json"]


@pytest.mark.parametrize("size", [(24, 32), (21, 29)])
def test_what_is_loaded_is_the_network_that_was_published(loaded, lama, size):
    crop, mask = photo(*size), hole(*size)
    (filled,) = loaded.fill([crop], [mask])
    assert np.array_equal(filled, by_hand(lama, crop, mask))
    assert np.array_equal(filled[mask == 0], crop[mask == 0])
    assert not np.array_equal(filled, crop)


def test_a_second_call_gives_the_same(loaded):
    first = loaded.fill([photo()], [hole()])
    assert np.array_equal(first, loaded.fill([photo()], [hole()]))


def test_squares_of_several_sizes_come_back_in_their_order(loaded):
    crops = [photo(24, 32, 1), photo(24, 24, 2), photo(24, 32, 3)]
    masks = [hole(), hole(24, 24), hole()]
    together = loaded.fill(crops, masks)
    alone = [loaded.fill([crop], [mask])[0] for crop, mask in zip(crops, masks, strict=True)]
    for one, other in zip(together, alone, strict=True):
        assert np.abs(one.astype(int) - other).max() <= 1  # a batch is summed in another order


class Short:
    """The network on a device whose memory holds `most` pixels; what was tried is kept."""

    def __init__(self, network, most):
        self.network, self.most, self.tried = network, most, []

    def __call__(self, images, holes):
        self.tried.append((images.shape[0], images.shape[2]))
        if images.shape[0] * images.shape[2] * images.shape[3] > self.most:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return self.network(images, holes)

    def parameters(self):
        return self.network.parameters()

    def buffers(self):
        return self.network.buffers()

    def to(self, device):
        return self


def short_of_memory(loaded, monkeypatch, most):
    short = Short(loaded._network, most)
    monkeypatch.setattr(loaded, "_network", short)
    return short


def test_where_memory_ends_fewer_go_at_once(loaded, monkeypatch):
    crops, masks = [photo(seed=n) for n in range(4)], [hole() for _ in range(4)]
    plenty = loaded.fill(crops, masks)
    short = short_of_memory(loaded, monkeypatch, 2 * 24 * 32)
    for one, other in zip(loaded.fill(crops, masks), plenty, strict=True):
        assert np.abs(one.astype(int) - other).max() <= 1
    assert [count for count, _ in short.tried] == [4, 2, 2]


def test_where_it_ends_for_one_the_square_is_seen_smaller(loaded, monkeypatch):
    short = short_of_memory(loaded, monkeypatch, 256 * 256)
    crop, mask = photo(320, 320), hole(320, 320)
    take_fallbacks()
    (filled,) = loaded.fill([crop], [mask])
    assert take_fallbacks() == {"network_reduced": 1}
    assert [side for _, side in short.tried] == [320, 256]
    assert np.array_equal(filled[mask == 0], crop[mask == 0])
    assert not np.array_equal(filled, crop)


def test_a_gpu_without_any_memory_hands_over_to_the_cpu_and_it_is_counted(loaded, monkeypatch):
    crop, mask = photo(), hole()
    (wanted,), forward = loaded.fill([crop], [mask]), loaded._forward

    def full(crops, masks, device):
        if device.type != "cpu":
            raise OutOfMemoryError(device.type)
        return forward(crops, masks, device)

    monkeypatch.setattr(loaded, "_forward", full)
    monkeypatch.setattr(loaded, "_device", torch.device("cuda", 0))
    take_fallbacks()
    (filled,) = loaded.fill([crop], [mask])
    assert np.array_equal(filled, wanted)
    assert take_fallbacks() == {"network_on_cpu": 1}


def test_where_there_is_none_at_all_this_photo_fails_and_may_be_tried_again(loaded, monkeypatch):
    short_of_memory(loaded, monkeypatch, 0)
    with pytest.raises(PhotoError) as failed:
        loaded.fill([photo()], [hole()])
    assert (failed.value.code, failed.value.retryable) == ("out_of_memory", True)


@pytest.mark.parametrize(
    "error",
    [
        torch.AcceleratorError("CUDA error: an illegal access"),
        RuntimeError("cuFFT error: CUFFT_INTERNAL_ERROR"),
        RuntimeError("CUDA error: CUBLAS_STATUS_EXECUTION_FAILED when calling `cublasSgemm( handle, …)`"),
    ],
)
def test_any_other_error_of_a_gpu_is_the_end_of_the_worker(loaded, monkeypatch, error):
    short = short_of_memory(loaded, monkeypatch, 10**9)
    short.network = lambda images, holes: (_ for _ in ()).throw(error)
    short.parameters = short.buffers = tuple
    with pytest.raises(DeviceLostError):
        loaded.fill([photo()], [hole()])


def test_a_photo_is_erased_by_lama_where_there_are_weights(store):
    networks = Networks(store, Telea(), gpu=0.0)
    assert networks.engine == f"lama {store.find(LAMA).sha256[:12]}"
    pixels = np.dstack([photo(64, 64), np.full((64, 64), 255, np.uint8)])
    mask = np.zeros((64, 64), np.uint8)
    mask[20:30, 20:30] = 255
    before = pixels.copy()
    alone(Erase(networks.inpainter()).run(picture_of(pixels), mask, 1))
    assert (pixels != before)[20:30, 20:30].any()
    assert np.array_equal(pixels[:14], before[:14])


def test_a_network_of_another_kind_is_refused(compact_file):
    with pytest.raises(ValueError, match="fills no holes"):
        Lama(compact_file, "0" * 64, "cpu")


def test_weights_that_were_damaged_since_are_not_opened(store, tmp_path):
    other = WeightStore(tmp_path)
    for file in store.folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    path = tmp_path / other.find(LAMA).file
    with path.open("r+b") as opened:
        opened.seek(1_000_000)
        opened.write(b"\1\2\3\4")
    with pytest.raises(WeightsError, match="model_damaged"):
        other.path(LAMA)
    with pytest.raises(PhotoError, match="model_damaged"):
        Networks(other, Telea(), gpu=0.0).inpainter()


def test_holes_of_several_photos_go_through_the_network_together(store, tmp_path, monkeypatch):
    retoucher = PixelRetoucher(tmp_path / "tables", store.folder, version="test", limits=Limits())
    preset = Catalogue.built_in().resolve("erase", None, {"regions": {"unit": "px", "boxes": [[20, 20, 8, 8]]}})
    job = BatchSpec("test", "", asdict(preset), {"format": "png"}, thumbnails=False)
    files = [png(photo(64, 64, seed)) for seed in range(3)]
    by_themselves = [retoucher.retouch(file, job, None) for file in files]

    lama = retoucher._networks.inpainter()
    short = short_of_memory(lama, monkeypatch, 10**9)
    works = [retoucher.begin(file, job, None) for file in [files[0], b"no photo", *files[1:]]]
    first, bad, *others = SideBySide(works, lambda places: nullcontext()).run()
    assert short.tried == [(3, 64)], "one call for all"
    assert bad.code == "unsupported_media"
    for one, other in zip([first, *others], by_themselves, strict=True):
        assert one.input_sha256 == other.input_sha256
        assert np.abs(pixels_of(one).astype(int) - pixels_of(other)).max() <= 1


def png(rgb):
    return cv2.imencode(".png", rgb[..., ::-1])[1].tobytes()


def pixels_of(retouched):
    return cv2.imdecode(np.frombuffer(retouched.data, np.uint8), cv2.IMREAD_COLOR)
