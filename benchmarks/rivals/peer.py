"""What all peers have in common."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self


class UnavailableError(Exception):
    """A peer that can't be had on this machine; says in a sentence why."""


class Peer(Protocol):
    """One way to retouch photos. Entered it is warm: its processes run, have imported all and worked once."""

    @property
    def name(self) -> str:
        """As it is called in results and on the command line."""
        ...

    @property
    def versions(self) -> Mapping[str, str]:
        """Of the libraries that do its work."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def run(self, photos: Sequence[Path], results: Path) -> float:
        """Seconds for all of `photos`; `result_of` says which file in `results` each becomes."""
        ...


def result_of(index: int, results: Path) -> Path:
    """The file that the photo at `index` of a run becomes."""
    return results / f"{index:05}.jpg"
