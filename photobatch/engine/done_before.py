"""The record of finished results of a run, so that the next run can continue a killed one."""

import hashlib
import json
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

from photobatch import __version__
from photobatch.engine.scratch import abandoned
from photobatch.watching.stamp import Stamp, stamp

_NAME = "done.jsonl"


def recipe(preset: Any, output: dict[str, Any], files: Iterable[Path]) -> str:
    """Return a digest of everything besides the source on which a result's bytes depend; `files`: mask and LUT."""
    told = [__version__, preset, output, [[str(file), stamp(file)] for file in files]]
    return hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()


class Done:
    """The results of one recipe: sources and results with their stamps. The recipe is the first line, then a line each.

    A line is written after the result was renamed to its place, so a killed run records no missing result.
    """

    def __init__(self, out: Path, recipe: str) -> None:
        self._out = out
        self._recipe = recipe
        self._known: dict[tuple[str, str], tuple[Stamp, Stamp]] = {}
        self._kept: list[tuple[Path, Stamp, Path]] = []
        self._file: TextIO | None = None

    def read_left(self) -> None:
        """Read the records of killed runs with this recipe."""
        for folder in abandoned(self._out):
            self._read(folder / _NAME)

    def keeps(self, source: Path, as_it_is: Stamp | None, output: Path) -> bool:
        """Say whether the result was made from this source and is unchanged; record it again."""
        known = self._known.get((str(source), self._place(output)))
        if known is None or as_it_is is None or known != (as_it_is, stamp(output)):
            return False
        self._kept.append((source, as_it_is, output))
        return True

    def begin(self, folder: Path) -> None:
        """Begin the record in a run's own folder, with the kept lines of earlier runs."""
        self._file = (folder / _NAME).open("w", encoding="utf-8")
        self._write([self._recipe])
        for kept in self._kept:
            self.add(*kept)

    def add(self, source: Path, as_it_was: Stamp | None, output: Path) -> None:
        """Record a result that is in its place now."""
        self._write([str(source), as_it_was, self._place(output), stamp(output)])

    def close(self) -> None:
        """Close the record. Idempotent."""
        if self._file is not None:
            with suppress(OSError):  # closing tries to write the rest again
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
            except (ValueError, TypeError):  # half a line: the run was killed while writing
                continue

    def _place(self, output: Path) -> str:
        return str(output.relative_to(self._out))

    def _write(self, told: list[Any]) -> None:
        if self._file is not None:
            try:
                self._file.write(json.dumps(told) + "\n")
                self._file.flush()
            except OSError:  # no room: the photo is done, but a later run may repeat it
                self.close()
