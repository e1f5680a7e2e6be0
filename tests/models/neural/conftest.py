from pathlib import Path

import pytest
from torch import nn

from tests.checkpoints import compact_network, lama_network, write_safetensors, write_torchscript


@pytest.fixture(scope="session")
def lama() -> nn.Module:
    return lama_network()


@pytest.fixture(scope="session")
def torchscript(lama: nn.Module, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """205 MB."""
    return write_torchscript(lama, tmp_path_factory.mktemp("published") / "big-lama.pt")


@pytest.fixture(scope="session")
def compact() -> nn.Module:
    return compact_network()


@pytest.fixture(scope="session")
def compact_file(compact: nn.Module, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_safetensors(compact, tmp_path_factory.mktemp("published") / "compact.safetensors")
