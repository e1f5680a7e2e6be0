"""Appliers, which change the pixels of a photo after the ops have analysed it."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from models.compiled.applier import CompiledApplier
from models.compiled.library import LibraryError
from models.faces.patch import Patch
from models.fallbacks import fell_back
from models.finish import Finish
from models.neural.installed import HOW, has_torch
from models.picture import Pixels

log = logging.getLogger(__name__)


class Applier(Protocol):
    """Carries out the changes that the ops describe. All appliers give the same bytes.

    `pixels` are uint8 (H, W, 4), C-contiguous and writable, and are changed in place; alpha stays. The result of a
    pixel depends only on itself and its position. `seed` is 32 bits derived from the input's content.
    """

    engine: str  # name of the implementation, for the record of what the bytes depend on

    def lay(self, pixels: Pixels, patches: Sequence[Patch], seed: int) -> None:
        """Apply patches to faces, one after the other; patch i uses the dither of seed + i."""

    def finish(self, pixels: Pixels, finish: Finish, seed: int) -> None:
        """Change every pixel."""

    def reduce(self, pixels: Pixels, step: int) -> Pixels:
        """Return the small picture for analysis: see models.reduce.reduce_cells."""


def applier_for(folder: Path, gpu: float) -> Applier:
    """Return the compiled library, kept in `folder`; torch if that is impossible, on a GPU if there is one.

    A photo is decoded and encoded on the CPU. By arithmetic, sending its 49 MB (12 MP) to a GPU and back takes as long
    as the library needs to change them, so beside a GPU the library changes them too. `gpu` is the part of one that
    this process was granted and can use, 0 for none. torch is imported only where it computes: it takes more than a
    second and 450 MB. Raises LibraryError where neither is there.
    """
    try:
        return CompiledApplier(folder)
    except LibraryError as why:
        if not has_torch():
            raise LibraryError(f"{why}, and torch, which would take its place, is not installed: {HOW}") from why
        from models.eager.applier import EagerApplier  # noqa: PLC0415

        if not gpu:
            fell_back("torch_on_cpu")
        log.warning("no compiled pixel operations, torch takes their place and is slower: %s", why)
        return EagerApplier("cuda" if gpu else "cpu")
