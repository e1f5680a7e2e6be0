"""Checks of what a cluster file makes of its nodes: setup, weights, open files and Ray's token."""

import re
from collections.abc import Callable
from dataclasses import dataclass
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
    without_torch = [kind.name for kind in _worker_types(config) if kind.gpu and kind.installs("make setup-cpu")]
    if without_torch:
        found = f"{', '.join(without_torch)} with a GPU and without torch: nothing there can use it"
        return Finding("setup", "wrong", found, "`make setup-server` installs torch.")
    if any(_TOOLS.search(kind.commands) for kind in _worker_types(config)):
        found = "each worker that starts installs tests and tools"
        return Finding("setup", "warning", found, "`make setup-server` installs what a worker needs.")
    return ok("setup", "workers install no tools")


def _weights(config: dict[str, Any]) -> Finding:
    """Check the nodes that compute networks: those with a GPU; all of them if none has one."""
    types = _worker_types(config)
    computing = [kind for kind in types if kind.gpu] or types
    poor = [kind.name for kind in computing if not kind.installs("models pull", "models add")]
    if not poor:
        return ok("weights", f"{', '.join(kind.name for kind in computing)}: they get them")
    found = f"{', '.join(poor)} without weights: unless their image has them, erase fills with a simpler method"
    advice = f"For large things to be erased well: `photobatch models pull {LAMA}` in their worker_setup_commands."
    return Finding("weights", "warning", found, advice)


def _gpu_nodes(config: dict[str, Any]) -> Finding:
    """Check that workers without a GPU, which take a CPU each, do not keep the nodes that have one."""
    types = _worker_types(config)
    kept = [kind.name for kind in types if kind.gpu and kind.cpus != 0]
    if not kept or not any(kind.cpus != 0 and not kind.gpu for kind in types):
        return ok("GPU nodes", "they come for networks alone" if any(kind.gpu for kind in types) else "there are none")
    found = f"{', '.join(kept)} with CPUs on offer: workers that need no GPU come too, and keep an expensive node"
    return Finding("GPU nodes", "warning", found, 'Write "CPU": 0 into its resources; its workers take the GPU alone.')


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


@dataclass(frozen=True, slots=True)
class _WorkerType:
    name: str
    commands: str  # that set a node up
    cpus: float | None  # None: as many as the node has
    gpu: bool

    def installs(self, *any_of: str) -> bool:
        return any(words in self.commands for words in any_of)


def _worker_types(config: dict[str, Any]) -> list[_WorkerType]:
    """Return the types of nodes for workers; on machines of one's own they are all alike."""
    common = commands(config, "setup_commands", "worker_setup_commands")
    types = config.get("available_node_types") or {}
    if config["provider"]["type"] == "local" or not types:
        return [_WorkerType("workers", common, None, gpu=False)]
    found = []
    for name, node in types.items():
        if name == config.get("head_node_type"):
            continue
        offered = node.get("resources") or {}
        own = "worker_setup_commands" in node  # then Ray leaves out those of the whole file
        setup = commands(node, "worker_setup_commands") if own else common
        found.append(_WorkerType(name, setup, offered.get("CPU"), gpu=offered.get("GPU", 0) > 0))
    return found


CHECKS: dict[str, Callable[[dict[str, Any]], Finding]] = {
    "setup": _setup,
    "weights": _weights,
    "GPU nodes": _gpu_nodes,
    "open files": _open_files,
    "token": _token,
}
"""The checks by the names of their findings; for a file that Ray's validator has accepted."""
