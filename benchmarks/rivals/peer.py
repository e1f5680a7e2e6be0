"""The interface of all peers."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self


class UnavailableError(Exception):
    """A peer that is not available on this machine; the message says why."""


class Peer(Protocol):
    """One way to retouch photos. Inside `with` it is warm: its processes have imported everything and worked once."""

    @property
    def name(self) -> str:
        """The name in results and on the command line."""
        ...

    @property
    def versions(self) -> Mapping[str, str]:
        """The versions of its libraries."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def run(self, photos: Sequence[Path], results: Path) -> float:
        """Return the seconds for all `photos`; `result_of` gives the file of each in `results`."""
        ...


def result_of(index: int, results: Path) -> Path:
    """Return the result file of the photo at `index` of a run."""
    return results / f"{index:05}.jpg"
