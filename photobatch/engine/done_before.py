"""What a run has put in its place, noted while it goes: a run that was killed is continued by the next one."""

import hashlib
import json
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

from photobatch import __version__
from photobatch.engine.scratch import abandoned

_NAME = "done.jsonl"

Stamp = tuple[int, int]
"""Size and time of the last change of a file, in nanoseconds."""


def stamp(path: Path) -> Stamp | None:
    """Return a file's stamp, None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns


def recipe(preset: Any, output: dict[str, Any], files: Iterable[Path]) -> str:
    """Return a digest of all that the bytes of a result depend on, beside its source; `files`: mask and LUT."""
    told = [__version__, preset, output, [[str(file), stamp(file)] for file in files]]
    return hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()


class Done:
    """The results of one recipe: each source and each result with its stamp. A line a result, the recipe before them.

    A line is written after the result was renamed to its place, so a killed run leaves none too many.
    """

    def __init__(self, out: Path, recipe: str) -> None:
        self._out = out
        self._recipe = recipe
        self._known: dict[tuple[str, str], tuple[Stamp, Stamp]] = {}
        self._kept: list[tuple[Path, Stamp, Path]] = []
        self._file: TextIO | None = None

    def read_left(self) -> None:
        """Take in what killed runs of this recipe have noted."""
        for folder in abandoned(self._out):
            self._read(folder / _NAME)

    def keeps(self, source: Path, as_it_is: Stamp | None, output: Path) -> bool:
        """Say whether the result was made from this very source, and lies there as it was written; note it again."""
        known = self._known.get((str(source), self._place(output)))
        if known is None or as_it_is is None or known != (as_it_is, stamp(output)):
            return False
        self._kept.append((source, as_it_is, output))
        return True

    def begin(self, folder: Path) -> None:
        """Begin to note, in a run's own folder, with what is kept of earlier ones."""
        self._file = (folder / _NAME).open("w", encoding="utf-8")
        self._write([self._recipe])
        for kept in self._kept:
            self.add(*kept)

    def add(self, source: Path, as_it_was: Stamp | None, output: Path) -> None:
        """Note a result that has just been put in its place."""
        self._write([str(source), as_it_was, self._place(output), stamp(output)])

    def close(self) -> None:
        """End it. Idempotent."""
        if self._file is not None:
            with suppress(OSError):  # what could not be written is tried once more
                self._file.close()
            self._file = None

    def _read(self, path: Path) -> None:
        try:
            first, *lines = path.read_text(encoding="utf-8").splitlines()
            if json.loads(first) != [self._recipe]:
                return
        except (OSError, ValueError):
            return
        for line in lines:
            try:
                source, source_stamp, place, output_stamp = json.loads(line)
                self._known[source, place] = (tuple(source_stamp), tuple(output_stamp))
            except (ValueError, TypeError):  # half a line: the run was killed while it wrote
                continue

    def _place(self, output: Path) -> str:
        return str(output.relative_to(self._out))

    def _write(self, told: list[Any]) -> None:
        if self._file is not None:
            try:
                self._file.write(json.dumps(told) + "\n")
                self._file.flush()
            except OSError:  # no room: the photo is done all the same, and a later run may do it again
                self.close()
