"""exiftool as a witness: it writes what other programs write, and says what a file holds."""

import json
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

Tags = dict[str, Any]


def write(files: Mapping[Path, Iterable[str]]) -> None:
    """Write tags into files, given as arguments of exiftool, in one call."""
    words: list[str] = []
    for path, arguments in files.items():
        words += ["-overwrite_original", "-q", "-m", *arguments, str(path), "-execute"]
    _run(words)


def read(paths: Iterable[Path]) -> dict[Path, Tags]:
    """Return every tag of each file, by its group and name: "IFD0:Artist"."""
    said = _run(["-j", "-G1", "-a", "-u", "-struct", *map(str, paths)])
    return {Path(tags.pop("SourceFile")): tags for tags in json.loads(said)}


def _run(words: list[str]) -> str:
    ended = subprocess.run(
        ["exiftool", "-@", "-"], input="\n".join(words), capture_output=True, text=True, check=False, timeout=120
    )
    assert not [line for line in ended.stderr.splitlines() if line.startswith("Error")], ended.stderr
    return ended.stdout
