"""The journal of a watched folder: one line of JSON for each thing that happened, durable before it counts."""

import fcntl
import json
import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from photobatch.refusal import RefusalError

Line = dict[str, Any]


class Record:
    """Lines in a file that only one command at a time has open. Raises RefusalError if it cannot be used."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("a+b")
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.close()
            raise RefusalError("This folder is watched with these options already, by another command.") from None
        except OSError as error:
            raise RefusalError(f"The journal of the folder, {path}, cannot be used: {error.strerror}.") from None

    def lines(self) -> Iterator[Line]:
        """Yield what was recorded; half a line, of a command that was killed while it wrote, is taken out."""
        self._file.seek(0)
        whole = 0
        for line in self._file.read().splitlines(keepends=True):
            try:
                said = json.loads(line)
            except ValueError:
                said = None
            if not line.endswith(b"\n") or not isinstance(said, dict):
                break
            whole += len(line)
            yield said
        self._file.truncate(whole)

    def add(self, **said: Any) -> None:
        """Record something; durable on return. Raises RefusalError if the disk is full."""
        try:
            self._file.write(json.dumps(said).encode() + b"\n")
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise RefusalError(
                f"The journal of the folder, {self._path}, cannot be written: {error.strerror}.", exit_code=1
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
