"""Whether what networks run on is installed: `photobatch[cpu]` comes without it. Imports none of it."""

from importlib.util import find_spec

from models.errors import WeightsError

HOW = "`pip install 'photobatch[server]'` brings it (in a checkout: `make setup`)"


def has_torch() -> bool:
    """Whether torch is installed; it may still fail to load."""
    return find_spec("torch") is not None


def has_networks() -> bool:
    """Whether networks can run and be converted: that takes safetensors and spandrel too."""
    return has_torch() and find_spec("safetensors") is not None and find_spec("spandrel") is not None


def has_gpu_jpeg() -> bool:
    """Whether nvImageCodec is installed; it may still fail to load."""
    return find_spec("nvidia") is not None and find_spec("nvidia.nvimgcodec") is not None


def require_networks(name: str) -> None:
    """Raise WeightsError `torch_missing`, for the network of this name, where networks cannot run."""
    if not has_networks():
        raise WeightsError("torch_missing", f"{name} is a network and needs torch, which is not installed: {HOW}.")
