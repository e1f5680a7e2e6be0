"""`python -m models.neural.convert SOURCE TARGET`: weights to safetensors; prints the architecture."""

import sys
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from spandrel import ModelLoader, canonicalize_state_dict


def convert(source: Path, target: Path) -> str:
    """Write the weights of `source` in spandrel's form and return the name of the architecture.

    A wrong file may raise any exception.
    """
    state = canonicalize_state_dict(_read(source))
    tensors = {name: value.detach().contiguous().clone() for name, value in state.items() if torch.is_tensor(value)}
    network = ModelLoader().load_from_state_dict(dict(tensors))  # refuses weights of an unknown architecture
    save_file(tensors, target)
    return str(network.architecture.name)


def _read(source: Path) -> Any:
    if source.suffix == ".safetensors":
        return load_file(source)
    if source.suffix == ".pt":
        return torch.jit.load(source, map_location="cpu").state_dict()  # type: ignore[no-untyped-call]
    return torch.load(source, map_location="cpu", weights_only=True)


if __name__ == "__main__":
    print(convert(Path(sys.argv[1]), Path(sys.argv[2])))
