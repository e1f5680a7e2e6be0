"""The checks of a cluster file for `ray up`. They read the file alone and ask no cloud."""

import io
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml

from deployments.doctor import cluster_aws, cluster_setup
from photobatch.engine.finding import Finding, ok

Config = dict[str, Any]

_MOST = 1 << 20  # bytes; ours has 5 KB
_TO_FILL_IN = re.compile(r"YOUR-[A-Z-]+")


def examine(file: Path) -> Iterator[Finding]:
    """Yield the findings on a cluster file, beginning with whether it is one."""
    config, finding = _read(file)
    yield finding
    if config is None:
        return
    checks = {"filled in": _filled_in, **cluster_setup.CHECKS}
    if config["provider"]["type"] == "aws":
        checks |= cluster_aws.CHECKS
    for name, check in checks.items():
        yield _found(name, check, config)


def _found(name: str, check: Callable[[Config], Finding], config: Config) -> Finding:
    """Return the finding of a check. Ray's validator lets some values of a wrong kind through: a finding too."""
    try:
        return check(config)
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        found = "what the file says of this has a shape that Ray cannot use"
        return Finding(name, "wrong", found, "Compare it with our cluster.yaml.")


def _read(file: Path) -> tuple[Config | None, Finding]:
    """Return the file's content, or None if Ray would not take it, and the finding that says so."""
    try:
        with file.open("rb") as opened:
            data = opened.read(_MOST + 1)
    except OSError as error:
        return None, Finding("file", "wrong", f"{file}: {error.strerror}", "Name the file that `ray up` gets.")
    if len(data) > _MOST:
        return None, Finding("file", "wrong", f"{file} has more than 1 MB", "Name the file that `ray up` gets.")
    try:
        config = yaml.safe_load(data)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        return None, Finding("file", "wrong", f"{file} is not YAML: {_line(error)}", "Correct it there.")
    fault = _fault(config)
    if fault is not None:
        return None, Finding("file", "wrong", f"Ray does not take {file}: {fault}", "Compare it with our cluster.yaml.")
    return config, ok("file", f"{file}: Ray takes it")


def _fault(config: Any) -> str | None:
    """Return why Ray's own validator refuses the file; None if it does not."""
    from ray.autoscaler._private.util import prepare_config, validate_config  # noqa: PLC0415 - takes half a second

    logging.getLogger("ray.autoscaler").setLevel(logging.ERROR)
    try:
        with redirect_stdout(io.StringIO()):  # Ray prints advice of its own
            prepared = prepare_config(deepcopy(config))
            validate_config(prepared)
    except Exception as error:  # noqa: BLE001 - it raises whatever comes of a wrong shape
        return _line(error)
    if prepared["provider"]["type"] == "aws" and not config.get("available_node_types"):
        return "it has no available_node_types"
    return None


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__


def _filled_in(config: Config) -> Finding:
    left = sorted({word for text in _texts(config) for word in _TO_FILL_IN.findall(text)})
    if not left:
        return ok("filled in", "nothing is left in capitals")
    return Finding("filled in", "wrong", f"{', '.join(left)} still in it", "Put your own names in their places.")


def _texts(value: object) -> Iterator[str]:
    """Yield every text of a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
