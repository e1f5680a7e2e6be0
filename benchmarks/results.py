"""The record of every measurement: one JSON object a line, appended, never rewritten."""

import json
from pathlib import Path

from benchmarks.stamp import stamp

FOLDER = Path(__file__).parent / "results"


def append(name: str, record: dict[str, object], folder: Path = FOLDER) -> None:
    """Adds `record` with its stamp to the results of benchmark `name`."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{name}.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps({**record, "stamp": stamp()}, ensure_ascii=False) + "\n")


def read(name: str, folder: Path = FOLDER) -> list[dict[str, object]]:
    """All records of `name`, the oldest first."""
    path = folder / f"{name}.jsonl"
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
