"""How a program of a test tells what it saw: in a file, because Ray writes into the program's output at any time."""

import json
from pathlib import Path
from typing import Any

NAME = "told.json"


def tell(folder: Path, seen: Any) -> None:
    """Leave what was seen, as JSON, for the test."""
    (folder / NAME).write_text(json.dumps(seen))


def told(folder: Path) -> dict[str, Any]:
    """Return what a program that has ended left in this folder."""
    seen: dict[str, Any] = json.loads((folder / NAME).read_text())
    return seen
