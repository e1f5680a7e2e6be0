"""Which presets have networks compute most of their work."""

from typing import Any

_SHA256 = 64  # characters


def uses_networks(preset: dict[str, Any]) -> bool:
    """Whether networks do most of the work of a resolved preset (as a dict), so that a GPU pays.

    An erase preset says so by the weights that are pinned in it. The networks that find faces are small: a CPU runs
    them in less time than it takes to decode the photo.
    """
    params = preset.get("params", {})
    if preset.get("type") == "erase":
        return len(params.get("model") or "") == _SHA256
    return bool(params.get("ops"))
