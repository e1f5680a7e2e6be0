"""Checkpoints of real architectures with random weights; the real ones can't be fetched in a test."""

import warnings
from pathlib import Path

import torch
from safetensors.torch import save_file
from spandrel.architectures.Compact import Compact
from spandrel.architectures.LaMa import LaMa
from torch import nn


def lama_network() -> nn.Module:
    """LaMa, with statistics as training would have left them: without, evaluation mode changes nothing."""
    torch.manual_seed(1)
    network = LaMa(in_nc=4, out_nc=3)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
    return network.eval().requires_grad_(False)


def compact_network() -> nn.Module:
    """A network that enlarges twice and sees five pixels around."""
    torch.manual_seed(2)
    network = Compact(num_in_ch=3, num_out_ch=3, num_feat=16, num_conv=3, upscale=2, act_type="prelu")
    return network.eval().requires_grad_(False)


def write_torchscript(network: nn.Module, path: Path) -> Path:
    """Trace LaMa into a file as big-lama.pt is published."""
    example = torch.rand(1, 3, 32, 32), torch.zeros(1, 1, 32, 32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch would like us to use something newer; the world's files are these
        torch.jit.save(torch.jit.trace(network, example, check_trace=False), path)  # type: ignore[no-untyped-call]
    return path


def write_safetensors(network: nn.Module, path: Path) -> Path:
    """Write its weights alone."""
    save_file(network.state_dict(), path)
    return path
