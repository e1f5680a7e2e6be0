"""Whether this machine can change pixels: compiled operations do it, or torch."""

from pathlib import Path

from deployments.local.engine_error import EngineError
from models.compiled.library import LibraryError, load
from models.neural.installed import HOW, has_torch


def check_able(tables: Path) -> None:
    """Raise EngineError `cannot_compute` where neither is there: workers could only end as soon as they start.

    Where there is no torch the operations are compiled here, unless they are already, in the place where workers look.
    """
    if has_torch():
        return
    try:
        load(tables / "library")
    except LibraryError as error:
        detail = f"No pixel can be changed: {error}. Install gcc and libc6-dev, or torch: {HOW}."
        raise EngineError("cannot_compute", detail) from error
