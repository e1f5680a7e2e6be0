"""Checks of what a cluster file makes of its nodes: setup, weights, open files and Ray's token."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from models.weights import LAMA
from photobatch.engine.finding import Finding, ok

_OURS = "deployments/node"  # starts Ray with the token mode and a high limit of open files
_TOOLS = re.compile(r"make (setup|test|check)(?![-\w])|\[[\w,]*\bdev\b")
_PLACE = "~/.ray/auth_token"
_TOKEN_MODE = re.compile(r"RAY_AUTH_MODE=[\"']?token")
_NO_TOKEN = re.compile(r"RAY_AUTH_MODE=[\"']?disabled")


def commands(config: dict[str, Any], *names: str) -> str:
    """Return the commands of these lists, one a line."""
    return "\n".join(str(command) for name in names for command in config.get(name) or [])


def _setup(config: dict[str, Any]) -> Finding:
    if not config.get("setup_commands"):
        found = "no setup_commands: Ray's own would install a nightly build of Ray"
        return Finding("setup", "wrong", found, "Take those of our cluster.yaml; `true` does nothing.")
    if _TOOLS.search(_of_workers(config)):
        found = "each worker that starts installs tests and tools"
        return Finding("setup", "warning", found, "`make setup-server` installs what a worker needs.")
    return ok("setup", "workers install no tools")


def _weights(config: dict[str, Any]) -> Finding:
    if "models pull" in _of_workers(config) or "models add" in _of_workers(config):
        return ok("weights", "workers get them")
    found = "no worker gets weights: unless its image has them, erase fills with a simpler method"
    advice = f"For large things to be erased well: `photobatch models pull {LAMA}` in worker_setup_commands."
    return Finding("weights", "warning", found, advice)


def _open_files(config: dict[str, Any]) -> Finding:
    low = [
        name
        for name in ("head_start_ray_commands", "worker_start_ray_commands")
        if not re.search(rf"{_OURS}|ulimit -\w*n", commands(config, name))
    ]
    if not low:
        return ok("open files", "nodes raise their limit")
    found = f"{' and '.join(low)}: the limit of open files stays at ssh's 1,024, too few for a thousand clients"
    return Finding("open files", "warning", found, f"Start nodes by ~/photobatch/{_OURS}, or say `ulimit -n 65536;`.")


def _token(config: dict[str, Any]) -> Finding:
    """Check that the token is on, on every node, here, and in the mode of the commands that are typed later."""
    source = (config.get("file_mounts") or {}).get(_PLACE)
    starts = commands(config, "head_start_ray_commands", "worker_start_ray_commands")
    off = bool(_NO_TOKEN.search(starts))
    if off or not (source or _OURS in starts or _TOKEN_MODE.search(starts)):
        found = "Ray has no token: whoever reaches a node's ports runs programs on it"
        return Finding("token", "warning", found, f"Mount {_PLACE}, and start nodes by ~/photobatch/{_OURS}.")
    if source is None:
        found = f"Ray wants a token, and no file_mounts brings {_PLACE} to the nodes: they do not start"
        return Finding("token", "wrong", found, f'Add "{_PLACE}": "{_PLACE}" to file_mounts.')
    if not Path(source).expanduser().is_file():
        found = f"there is no {source}, the secret that the nodes share"
        return Finding("token", "wrong", found, "Make it: .venv/bin/ray get-auth-token --generate")
    if not _TOKEN_MODE.search(commands(config, "initialization_commands", "setup_commands", "head_setup_commands")):
        found = "Ray wants a token, and commands on the head do not send it: `serve deploy` ends in 401"
        return Finding("token", "wrong", found, "Put `export RAY_AUTH_MODE=token` into ~/.bashrc by setup_commands.")
    return ok("token", "every node has it, and commands on the head send it")


def _of_workers(config: dict[str, Any]) -> str:
    return commands(config, "setup_commands", "worker_setup_commands")


CHECKS: dict[str, Callable[[dict[str, Any]], Finding]] = {
    "setup": _setup,
    "weights": _weights,
    "open files": _open_files,
    "token": _token,
}
"""The checks by the names of their findings; for a file that Ray's validator has accepted."""
