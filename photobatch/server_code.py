"""Where the server's code is: beside this package in a checkout, inside of it where pip installed a wheel.

`python -m photobatch.server_code` prints the folder: `deployments/node` and `deployments/serve_config.yaml` lie there.
"""

import os
import sys
from pathlib import Path

_PACKAGE = Path(__file__).parent
# Not beside photobatch in site-packages: every program there could import our `models`, `storage` and `actors`, and
# other packages of these names would overwrite them.
_IN_WHEEL = _PACKAGE / "_server"


def is_installed() -> bool:
    """Say whether this is a wheel that pip installed; otherwise it is a checkout."""
    return _IN_WHEEL.is_dir()


def folder() -> Path:
    """Return the folder that holds deployments, actors, presets, models, storage and web."""
    return _IN_WHEEL if is_installed() else _PACKAGE.parent


def make_importable() -> None:
    """Let this process and all that it starts import the server; in a checkout the editable install has done that."""
    path = str(folder())
    if not is_installed() or path in sys.path:
        return
    sys.path.insert(0, path)
    # Supervisor, service, Ray's workers: programs of their own, of which each reads the environment.
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [path, os.environ.get("PYTHONPATH")]))


def environment_apart() -> dict[str, str]:
    """Return the environment of a process that runs the server's code for a program with modules of its own.

    The process finds the packages that this one finds, and ours before all.
    """
    paths = [str(folder()), *filter(None, sys.path)]
    # One glibc arena for each thread would hold tens of MB each.
    return os.environ | {"PYTHONPATH": os.pathsep.join(paths), "MALLOC_ARENA_MAX": "2"}


def how_to_install() -> str:
    """Return a sentence: what installs the server's packages."""
    if is_installed():
        return "Run `pip install 'photobatch[server]'`, or on a machine without a GPU `pip install 'photobatch[cpu]'`."
    return "Run `make setup` in the checkout."


def how_to_install_torch() -> str:
    """Return a sentence: what adds torch to a server without it."""
    return "Run `pip install 'photobatch[server]'`." if is_installed() else "Run `make setup` in the checkout."


if __name__ == "__main__":
    print(folder())
