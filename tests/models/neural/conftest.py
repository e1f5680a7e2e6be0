"""Checkpoints of real architectures with random weights; the real ones can't be fetched in a test."""

import warnings
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from spandrel.architectures.Compact import Compact
from spandrel.architectures.LaMa import LaMa
from torch import nn


def settled(network: nn.Module) -> nn.Module:
    """Give it statistics, as training would have: in evaluation mode fresh ones change nothing."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
    return network.eval().requires_grad_(False)


@pytest.fixture(scope="session")
def lama() -> nn.Module:
    torch.manual_seed(1)
    return settled(LaMa(in_nc=4, out_nc=3))


@pytest.fixture(scope="session")
def torchscript(lama: nn.Module, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As big-lama.pt is published: 205 MB."""
    path = tmp_path_factory.mktemp("published") / "big-lama.pt"
    example = torch.rand(1, 3, 32, 32), torch.zeros(1, 1, 32, 32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch would like us to use something newer; the world's files are these
        torch.jit.save(torch.jit.trace(lama, example), path)  # type: ignore[no-untyped-call]
    return path


@pytest.fixture(scope="session")
def compact() -> nn.Module:
    """A network that enlarges twice and sees five pixels around."""
    torch.manual_seed(2)
    network = Compact(num_in_ch=3, num_out_ch=3, num_feat=16, num_conv=3, upscale=2, act_type="prelu")
    return network.eval().requires_grad_(False)


@pytest.fixture(scope="session")
def compact_file(compact: nn.Module, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("published") / "compact.safetensors"
    save_file(compact.state_dict(), path)
    return path
