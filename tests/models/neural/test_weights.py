import pickle

import pytest
import torch

from models.erase.fill import Telea
from models.errors import WeightsError
from models.networks import LAMA, Networks
from models.weights import KNOWN, Weights, WeightStore, sha256_of


def of(path, **changes):
    fields = {"bytes": path.stat().st_size, "sha256": sha256_of(path), "kind": "network"} | changes
    return Weights(name=LAMA, address="", licence="", purpose="", **fields)


def refused(call, *args):
    with pytest.raises(WeightsError) as caught:
        call(*args)
    assert caught.value.detail.endswith(".")
    return caught.value.code


class Bomb:
    def __reduce__(self):
        return (print, ("a pickle was executed",))


def test_the_table_says_what_the_files_are():
    assert KNOWN[LAMA].sha256.startswith("344c77bb")
    assert KNOWN[LAMA].bytes == 205_669_692
    assert all(len(weights.sha256) == 64 and weights.licence for weights in KNOWN.values())


@pytest.mark.parametrize("changes", [{"sha256": "0" * 64}, {"bytes": 1}])
def test_a_file_that_is_not_the_one_is_never_opened(tmp_path, changes):
    bomb = tmp_path / "bomb.pt"
    bomb.write_bytes(pickle.dumps(Bomb()))
    store = WeightStore(tmp_path / "store")
    assert refused(store.install, of(bomb, **changes), bomb) == "model_damaged"
    assert store.find(LAMA) is None


def test_a_pickle_that_would_run_something_is_refused(tmp_path, capfd):
    bomb = tmp_path / "bomb.pth"
    torch.save({"weight": Bomb()}, bomb)
    assert refused(WeightStore(tmp_path / "store").add, "bomb", bomb) == "model_damaged"
    assert "executed" not in capfd.readouterr().out


def test_somebodys_own_network_is_told_from_its_weights(compact_file, tmp_path):
    store = WeightStore(tmp_path)
    assert store.add("sharper", compact_file).network == "RealESRGAN Compact"
    assert Networks(store, Telea(), gpu=0.0).restorer("sharper").scale == 2
    assert store.names() == ["sharper"]
    store.remove("sharper")
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_network_is_refused(tmp_path):
    file = tmp_path / "photo.safetensors"
    file.write_bytes(b"\xff\xd8\xff\xe0")
    assert refused(WeightStore(tmp_path / "store").add, "mine", file) == "model_damaged"


@pytest.mark.parametrize("name", ["../mine", "", "Mine", LAMA, "a" * 65, "a/b"])
def test_a_name_is_a_name_and_no_path(name, compact_file, tmp_path):
    assert refused(WeightStore(tmp_path).add, name, compact_file) == "invalid_model"


def test_workers_notice_that_weights_came(compact_file, tmp_path):
    store = WeightStore(tmp_path / "models")
    networks = Networks(store, Telea(), gpu=0.0)
    assert not networks.stale()
    assert networks.engine == "telea"
    store.add("sharper", compact_file)
    assert networks.stale()
    assert not Networks(store, Telea(), gpu=0.0).stale()
